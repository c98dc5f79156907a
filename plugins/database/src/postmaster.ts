/**
 * The running server as its `postmaster.pid` tells of it. That file outlives crashes of the machine, so it is
 * believed only when the process behind it really is the server of that folder.
 */
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { runsOpenlyAs } from '@zlh/kernel';

export interface Postmaster {
  readonly pid: number;
  /** `starting`, `ready`, `stopping`; empty while it has said nothing yet. */
  readonly state: string;
  readonly socketFolder: string;
}

const gracefulMs = 15_000;

/** The server that works in the folder, or undefined. */
export function findPostmaster(data: string): Postmaster | undefined {
  const lines = pidFile(data);
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0 || !isServerOf(pid, data)) return undefined;
  return { pid, state: lines[7]?.trim() ?? '', socketFolder: lines[4] ?? '' };
}

/**
 * Removes what a server that was killed left: its number may belong to another program by now, or to a process that is
 * dead but not yet buried, and PostgreSQL would take either for its predecessor. That nobody uses the data it checks by
 * the shared memory as well.
 */
export function clearAway(data: string, socketFolder: string): void {
  if (findPostmaster(data) !== undefined) return;
  rmSync(join(data, 'postmaster.pid'), { force: true });
  rmSync(join(socketFolder, '.s.PGSQL.5432.lock'), { force: true });
}

/** Fast shutdown, open transactions are rolled back, everything committed is kept; answers false when it does not end. */
export async function endPostmaster(pid: number): Promise<boolean> {
  for (const [signal, withinMs] of [
    ['SIGINT', gracefulMs],
    ['SIGQUIT', 4000],
  ] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return !isAlive(pid); // it ended by itself, or is not ours to end
    }
    for (
      const deadline = performance.now() + withinMs;
      performance.now() < deadline;
      await wait(5)
    ) {
      if (!isAlive(pid)) return true;
    }
  }
  return false;
}

function pidFile(data: string): string[] {
  try {
    return readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return []; // not running
  }
}

function isServerOf(pid: number, data: string): boolean {
  try {
    // A game may bear the number by now, and say of itself anything that it likes.
    if (!isAlive(pid) || !runsOpenlyAs(pid, statSync(data).uid)) return false;
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(data);
  } catch {
    return false; // it ended between the two looks
  }
}

function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat[stat.lastIndexOf(')') + 2] !== 'Z';
  } catch {
    return false; // gone
  }
}
