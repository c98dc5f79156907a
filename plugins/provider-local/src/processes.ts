/**
 * Processes that belong to one instance: its agent, the shim, the game and whatever the game started. Guarantees: what
 * another customer's process says of itself makes it nobody's, and hides it from nobody.
 *
 * Everything of the instance's own user is the instance's, whatever it did since. Agent and shim are processes of our own
 * user and were born with a mark. Where games have no user of their own, those are looked for that were born with their
 * home there. What runs in a sandbox is found by its descent alone, for there anything can be named and placed at will.
 */
import { readFileSync, readlinkSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { CodedError, homeHolder } from '@zlh/kernel';
import { processTable, type ProcessEntry } from './process-table.ts';

/** Of a place. */
export interface Instance {
  readonly folder: string;
  /** The user that only this instance has. */
  readonly uid?: number | null | undefined;
}

const killedWithinMs = 30_000;

export function processesOf({ folder, uid }: Instance): number[] {
  const table = processTable();
  const agent = homeHolder(folder, 'agent')?.pid;
  const runFolder = inodeOf(join(folder, 'run'));
  const ours = process.geteuid!();
  const belongs = ({ pid, uids }: ProcessEntry) => {
    if (pid === agent || (typeof uid === 'number' && uids.includes(uid))) return true;
    if (!uids.every((each) => each === ours) || isSandboxed(pid)) return false;
    const environment = environmentOf(pid);
    if (environment.includes(`ZLH_HOME=${folder}`)) return true;
    if (environment.some((entry) => entry.startsWith('ZLH_SHIM='))) return isIn(pid, runFolder);
    return typeof uid !== 'number' && isBornIn(pid, folder, environment);
  };
  const found = new Set(table.filter(belongs).map(({ pid }) => pid));
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const { pid, parent } of table) if (found.has(parent)) found.add(pid);
  }
  return [...found];
}

function isSandboxed(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`) !== readlinkSync('/proc/self/ns/pid');
  } catch {
    return true; // it ended meanwhile
  }
}

const isIn = (pid: number, folder: string | undefined) =>
  folder !== undefined && inodeOf(`/proc/${pid}/cwd`) === folder;

function isBornIn(pid: number, folder: string, environment: readonly string[]): boolean {
  const inside = (path: string) => path === folder || path.startsWith(folder + sep);
  try {
    if (inside(readlinkSync(`/proc/${pid}/cwd`))) return true;
  } catch {
    return false; // it ended meanwhile
  }
  return environment.some(
    (entry) => entry.startsWith('HOME=') && inside(entry.slice('HOME='.length)),
  );
}

function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return []; // it ended meanwhile, or may not be looked into
  }
}

function inodeOf(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined; // it ended meanwhile, or there is none
  }
}

/** Waits until none is left; answers false when some still are after `withinMs`. */
export async function untilGone(instance: Instance, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (processesOf(instance).length > 0) {
    if (performance.now() > deadline) return false;
    await wait(25);
  }
  return true;
}

/**
 * Ends them all at once. A process can start another between the look and the blow, hence again until none is left.
 *
 * @throws CodedError PROVIDER_LOCAL_UNKILLABLE when the system does not let one go
 */
export async function killAll(instance: Instance): Promise<void> {
  const deadline = performance.now() + killedWithinMs;
  for (let pids = processesOf(instance); pids.length > 0; pids = processesOf(instance)) {
    if (performance.now() > deadline) {
      throw new CodedError(
        'PROVIDER_LOCAL_UNKILLABLE',
        `${pids.length} processes of this instance do not end (${pids.slice(0, 5).join(', ')}).`,
        'Retry in a moment; if it fails again, the host must see what holds them.',
      );
    }
    send(pids, 'SIGKILL');
    await wait(10);
  }
}

/** For games whose agent cannot be asked any more: most of them save their world on SIGTERM. */
export async function endAll(instance: Instance, withinMs: number): Promise<void> {
  send(processesOf(instance), 'SIGTERM');
  if (!(await untilGone(instance, withinMs))) await killAll(instance);
}

export function send(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      continue; // it ended by itself
    }
  }
}
