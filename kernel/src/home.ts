/**
 * The home (`ZLH_HOME`): the one folder that holds all data of a process, and the lock that keeps a second
 * process out. The lock is an SQLite file lock, which the operating system releases when its holder dies,
 * however it dies: there is no stale lock to clean up.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CodedError } from './errors.ts';

export interface Home {
  readonly path: string;
  release(): void;
}

/** Makes the folder when it is missing (0700) and takes its lock in the name of `role`. */
export function openHome(path: string, role: string): Home {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new CodedError('HOME_UNWRITABLE', `The home "${path}" cannot be written (${(error as NodeJS.ErrnoException).code}).`, 'Give this user write access to it, or set ZLH_HOME to another folder.', { cause: error });
  }
  const lock = lockFile(path, role);
  writeFileSync(join(path, `${role}.pid`), `${process.pid}\n`);
  return { path, release: () => lock.close() };
}

function lockFile(path: string, role: string): DatabaseSync {
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(join(path, `${role}.lock`));
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock?.close();
    if ((error as { errcode?: number }).errcode !== 5) {
      throw new CodedError('HOME_UNWRITABLE', `The home "${path}" cannot be written (${(error as Error).message}).`, 'Free some space or give this user write access to it, or set ZLH_HOME to another folder.', { cause: error });
    }
    throw new CodedError('HOME_IN_USE', `Another ${role} (process ${holderOf(path, role)}) is using the home "${path}".`, 'Stop it first, or set ZLH_HOME to another folder.', { cause: error });
  }
}

function holderOf(path: string, role: string): string {
  try {
    return readFileSync(join(path, `${role}.pid`), 'utf8').trim();
  } catch {
    return 'unknown'; // it holds the lock but has not written its pid yet
  }
}
