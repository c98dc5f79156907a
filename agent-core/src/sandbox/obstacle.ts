/** Why this machine lets nobody make a sandbox, and the one command that changes it. */
import { accessSync, constants, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Obstacle {
  /** One sentence. */
  readonly reason: string;
  /** One sentence that says what to do, with the command where there is one. */
  readonly remedy: string;
}

/** The facts that decide; a test hands in another machine. */
export interface Machine {
  readonly uid: number;
  /** Undefined when there is no such file. */
  readonly read: (path: string) => string | undefined;
  readonly hasProgram: (name: string) => boolean;
}

const tools = [
  'unshare',
  'setpriv',
  'setsid',
  'mount',
  'umount',
  'pivot_root',
  'env',
  'sleep',
  'timeout',
];
const folders = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];
const sysAdmin = 1n << 21n;

/**
 * Switches with which hosts keep ordinary users from making user namespaces; each with the value that
 * forbids it.
 */
const switches = [
  { name: 'kernel.apparmor_restrict_unprivileged_userns', forbids: '1', allows: '0' },
  { name: 'kernel.unprivileged_userns_clone', forbids: '0', allows: '1' },
  { name: 'user.max_user_namespaces', forbids: '0', allows: '15000' },
] as const;

export const thisMachine: Machine = {
  uid: process.getuid?.() ?? 0,
  read(path) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return undefined; // this kernel has no such switch, or hides it
    }
  },
  hasProgram: (name) => folders.some((folder) => isExecutable(join(folder, name))),
};

/** `said` is what the attempt printed last. */
export function findObstacle(said: string, machine: Machine = thisMachine): Obstacle {
  const missing = tools.filter((name) => !machine.hasProgram(name));
  if (missing.length > 0) {
    return {
      reason: `This machine has no program ${missing.map((name) => `"${name}"`).join(', ')}.`,
      remedy: 'Run "apt-get install -y util-linux mount coreutils" as root.',
    };
  }
  const closed = machine.uid === 0 ? undefined : switches.find((each) => isClosed(each, machine));
  if (closed !== undefined) {
    return {
      reason: `This machine lets ordinary users make no user namespaces (${closed.name} is ${closed.forbids}).`,
      remedy: `Run "sysctl -w ${closed.name}=${closed.allows}" as root, and write the same into /etc/sysctl.d/zlh.conf.`,
    };
  }
  if (machine.uid === 0 && !mayMount(machine)) {
    return {
      reason: 'The container in which the platform runs may mount nothing.',
      remedy:
        'Start it with "--cap-add SYS_ADMIN --security-opt seccomp=unconfined --security-opt apparmor=unconfined" (Docker, Podman) or with nesting (LXC).',
    };
  }
  return {
    reason: `A sandbox cannot be made: ${said === '' ? 'it ended without a word' : said.replace(/\.$/, '')}.`,
    remedy:
      'In a container, start that one with nesting (LXC) or with "--privileged" (Docker, Podman).',
  };
}

function isClosed({ name, forbids }: (typeof switches)[number], { read }: Machine): boolean {
  return read(`/proc/sys/${name.replaceAll('.', '/')}`)?.trim() === forbids;
}

function mayMount({ read }: Machine): boolean {
  const capabilities = /^CapEff:\s*([0-9a-f]+)$/m.exec(read('/proc/self/status') ?? '')?.[1];
  return capabilities === undefined || (BigInt(`0x${capabilities}`) & sysAdmin) !== 0n;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // missing or not executable is one answer here
  }
}
