/**
 * The command line that runs a program in namespaces of its own, built from what every Linux has:
 * util-linux and a shell. Guarantees: the program begins as its own user, with no capability and no way to
 * one, and sees its view of the machine alone. All of it ends with the first process of its pid namespace.
 *
 * Three processes stay. One outside waits, and ends exactly as the program did. The first of the pid
 * namespace buries the dead. The program leads a session of its own.
 */
import { OUTSIDE, type RootFolder } from './root-folder.ts';
import type { Identity } from './view.ts';

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  /** All of it. */
  readonly env: Readonly<Record<string, string>>;
}

export interface Enclosure {
  readonly folder: RootFolder;
  readonly user: Identity;
  readonly cwd: string;
  /**
   * The program gets a user namespace of its own, in which it cannot make further ones. Only root may do
   * without, where the machine allows no user any.
   */
  readonly nested: boolean;
  /** Whether standard input is a terminal that the program shall control. */
  readonly terminal: boolean;
}

const noPrivileges = [
  '--no-new-privs',
  '--inh-caps=-all',
  '--ambient-caps=-all',
  '--bounding-set=-all',
];

/** Runs outside of the pid namespace; everything it starts is inside. */
const SET_UP = `set -e
root=$1 table=$2 remounts=$3 drop=$4; shift 4
setpriv $drop ${noPrivileges.join(' ')} --pdeathsig KILL -- env --ignore-signal=CHLD sleep 2147483647 </dev/null >/dev/null 3>&- &
trap 'kill -KILL $!' EXIT
mount -n --all --fstab "$table"
while read -r options path; do mount -n -o "$options" "$path"; done < "$remounts"
cd "$root"
pivot_root . ${OUTSIDE}
cd /
umount -n -l /${OUTSIDE}
exec "$@"`;

/**
 * Descriptor 3 is told that the program begins, and is not handed on. Its files are for its user and group.
 */
const BEGIN = 'umask 027; echo >&3; exec "$@" 3>&-';
/**
 * Enters the groups named before `--`: no instruction of the program is ever outside. A crash leaves no
 * image of memory.
 */
const ENTER = `while [ "$1" != -- ]; do echo 0 > "$1/cgroup.procs" || exit 125; shift; done
shift; umask 022; ulimit -c 0; `;
/** The process that waits stays outside of the program's folder. */
const GO = 'cd "$1" || exit 125; shift; ';
const CLOSE_USERS = 'echo 0 > /proc/sys/user/max_user_namespaces || exit 125; ';

/**
 * Ends as its child does, also by SIGKILL, which `unshare --fork` cannot. Without a limit of time it only
 * waits.
 */
const WAIT = words('timeout --foreground 0');

/** The program in its sandbox. `groups` are folders of control groups. */
export function enclose(
  program: Program,
  enclosure: Enclosure,
  groups: readonly string[] = [],
): string[] {
  const { folder, user, cwd, nested, terminal } = enclosure;
  const isRoot = process.getuid?.() === 0;
  const drop = isRoot ? changeTo(user) : [];
  const privileges = nested ? noPrivileges : [...drop, ...noPrivileges];
  const setUp = [SET_UP, 'zlh-sandbox', folder.root, folder.table, folder.remounts];
  return [
    ...entered(`${ENTER}exec "$@"`, groups),
    'unshare',
    ...(isRoot ? [] : ['--user', '--map-root-user']),
    ...words('--mount --ipc --uts --pid --cgroup -- sh -c'),
    ...setUp,
    drop.join(' '),
    ...WAIT,
    ...(nested ? inNamespaceOf(user, drop) : []),
    ...words('sh -c'),
    (nested ? CLOSE_USERS : '') + GO + BEGIN,
    'zlh-begin',
    cwd,
    'setpriv',
    ...privileges,
    '--',
    ...sessionOf(terminal),
    ...named(program),
  ];
}

/** The program without a sandbox; `user` is null where it shall run as who launches it. */
export function launchOpenly(
  program: Program,
  user: Identity | null,
  terminal: boolean,
  groups: readonly string[],
): string[] {
  const session = terminal ? sessionOf(terminal) : [];
  return [...entered(ENTER + BEGIN, groups), ...privilegesOf(user), ...session, ...named(program)];
}

function words(text: string): string[] {
  return text.split(' ');
}

function entered(script: string, groups: readonly string[]): string[] {
  return ['/bin/sh', '-c', script, 'zlh-enter', ...groups, '--'];
}

function sessionOf(terminal: boolean): string[] {
  return terminal ? words('setsid --ctty --') : words('setsid --');
}

function privilegesOf(user: Identity | null): string[] {
  const isRoot = process.getuid?.() === 0;
  // An ordinary user has no capability, and may not give away what it could have.
  if (!isRoot) return ['setpriv', '--no-new-privs', '--inh-caps=-all', '--'];
  return user === null ? [] : ['setpriv', ...changeTo(user), ...noPrivileges, '--'];
}

/** setpriv, because changing uid alone would leave root's groups behind. */
function changeTo({ uid, gid }: Identity): string[] {
  return [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
}

/**
 * The program with its environment, named one by one; only from here on a variable can change what is
 * loaded.
 */
function named({ command, args, env }: Program): string[] {
  const pairs = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  // A name with an equals sign would be one more variable.
  const direct = command.includes('=') ? ['sh', '-c', 'exec "$0" "$@"', command] : [command];
  return ['env', '-i', ...pairs, ...direct, ...args];
}

function inNamespaceOf({ uid, gid }: Identity, drop: readonly string[]): string[] {
  const change = drop.length === 0 ? [] : ['setpriv', ...drop, '--'];
  const ids = `--map-user=${uid} --map-group=${gid}`;
  return [...change, ...words(`unshare --user ${ids} --keep-caps --`)];
}
