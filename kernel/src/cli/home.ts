/**
 * The home (`ZLH_HOME`): the one folder that holds all data of a process, and the lock that keeps a
 * second process out. The lock is an SQLite file lock, which the operating system releases when its
 * holder dies, however it dies: there is no stale lock to clean up.
 */
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CodedError } from '../errors.ts';
import { bootId, isRunning, processId, type ProcessId } from '../process-id.ts';

export interface Home {
  readonly path: string;
  /** Lets another process in; more than once does no harm. */
  release(): void;
}

/**
 * The folder itself, closed to other users. Only root leaves the way through open: the database, and games
 * without a sandbox, run as users of their own and must reach their folders.
 */
function makeHome(path: string): void {
  const mode = process.getuid?.() === 0 ? 0o711 : 0o700;
  const first = mkdirSync(path, { recursive: true });
  if (first === undefined) return;
  // The mask of this process would close it, and the folders made on the way there.
  for (let at = path; ; at = dirname(at)) {
    chmodSync(at, mode);
    if (at === first) return;
  }
}

/**
 * Makes the folder when it is missing (0700; 0711 under root) and takes its lock for `role`.
 *
 * @throws CodedError HOME_UNWRITABLE or HOME_IN_USE
 */
export function openHome(path: string, role: string): Home {
  inHome(path, () => {
    makeHome(path);
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  });
  const lock = takeLock(path, role);
  const release = () => {
    held.delete(lock);
    if (lock.isOpen) lock.close();
  };
  try {
    inHome(path, () => writeHolder(path, role));
  } catch (error) {
    release();
    throw error;
  }
  return { path, release };
}

/**
 * The process that holds the home, or held it until its end was near; undefined when there is none. Only
 * the owner of the home can write who that is.
 */
export function homeHolder(path: string, role: string): ProcessId | undefined {
  const [pid, startTime, boot] = holderLines(path, role);
  const id = { pid: Number(pid), startTime: Number(startTime) };
  return boot === bootId() && isRunning(id) ? id : undefined;
}

/**
 * Writes in place, because a full disk has no room for a second file, and at once, so that a reader sees
 * the whole text or nothing.
 */
function writeHolder(path: string, role: string): void {
  const { pid, startTime } = processId(process.pid)!;
  writeFileSync(join(path, `${role}.pid`), `${pid}\n${startTime}\n${bootId()}\n`);
}

/** Empty while nobody has written it. */
function holderLines(path: string, role: string): string[] {
  try {
    return readFileSync(join(path, `${role}.pid`), 'utf8')
      .trim()
      .split('\n');
  } catch {
    return []; // it holds the lock but has not written its pid yet
  }
}

const sqliteBusy = 5;
/** A lock that nobody refers to is let go by the garbage collector. */
const held = new Set<DatabaseSync>();

function takeLock(path: string, role: string): DatabaseSync {
  let lock: DatabaseSync | undefined;
  try {
    const file = join(path, `${role}.lock`);
    closeToOthers(file);
    lock = new DatabaseSync(file);
    // In memory: a journal file would be left behind by a holder that is killed.
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    held.add(lock);
    return lock;
  } catch (error) {
    lock?.close();
    if ((error as { readonly errcode?: number }).errcode !== sqliteBusy) {
      throw unwritable(path, (error as Error).message, error);
    }
    throw new CodedError(
      'HOME_IN_USE',
      `Another ${role} (process ${holderOf(path, role)}) is using the home "${path}".`,
      'Stop it first, or set ZLH_HOME to another folder.',
      { cause: error },
    );
  }
}

/** A reader of a file can keep others from locking it, and under root games may pass through the home. */
function closeToOthers(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    // Not opened: closing it would let go of a lock that this very process may hold.
    chmodSync(file, 0o600);
  }
}

const holderOf = (path: string, role: string) => holderLines(path, role)[0] ?? 'unknown';

/** What the system's codes mean for a home, where its own words are too short. */
const reasons: Readonly<Record<string, string>> = {
  EACCES: 'this user has no access to it',
  EPERM: 'this user has no access to it',
  EEXIST: 'there is a file of that name',
  ENOTDIR: 'there is a file on the way to it',
  EROFS: 'its file system is read-only',
  ENOSPC: 'its disk is full',
};

/** Does what needs the home, and says what is wrong with the home when that fails. */
export function inHome(path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw unwritable(path, reasons[code] ?? message, error);
  }
}

const unwritable = (path: string, reason: string, cause: unknown) =>
  new CodedError(
    'HOME_UNWRITABLE',
    `The home "${path}" cannot be written: ${reason}.`,
    'Make room or give this user write access, or set ZLH_HOME to another folder.',
    { cause },
  );
