/** Processes that belong to one instance's folder: its agent, the shim, the game and whatever the game started. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { sep } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { CodedError } from '@zlh/kernel';

const killedWithinMs = 30_000;

/**
 * Pids of all processes that work in the folder, were started with a path inside it, or have their home there. Zombies
 * do not count. Who changes all three hides: where games are not trusted a provider with real containers is to be used.
 */
export function processesOf(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && !isZombie(pid) && belongs(pid, folder));
}

function belongs(pid: number, folder: string): boolean {
  const inside = (path: string) => path === folder || path.startsWith(folder + sep);
  try {
    if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').some(inside)) return true;
    if (inside(readlinkSync(`/proc/${pid}/cwd`))) return true;
    // What a game left behind may have changed its folder and its name, but it was born with its home.
    const born = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return born.some(
      (entry) => /^(ZLH_)?HOME=/.test(entry) && inside(entry.slice(entry.indexOf('=') + 1)),
    );
  } catch {
    return false; // it ended meanwhile, or belongs to somebody else
  }
}

function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat[stat.lastIndexOf(')') + 2] === 'Z';
  } catch {
    return true; // gone
  }
}

/** Waits until none is left; answers false when some still are after `withinMs`. */
export async function untilGone(
  folder: string,
  withinMs: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (processesOf(folder).length > 0) {
    if (performance.now() > deadline) return false;
    await wait(25, undefined, signal === undefined ? {} : { signal });
  }
  return true;
}

/**
 * Ends them all at once. A process can start another between the look and the blow, hence again until none is left.
 *
 * @throws CodedError PROVIDER_LOCAL_UNKILLABLE when the system does not let one go
 */
export async function killAll(folder: string): Promise<void> {
  const deadline = performance.now() + killedWithinMs;
  for (let pids = processesOf(folder); pids.length > 0; pids = processesOf(folder)) {
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
export async function endAll(folder: string, withinMs: number): Promise<void> {
  send(processesOf(folder), 'SIGTERM');
  if (!(await untilGone(folder, withinMs))) await killAll(folder);
}

function send(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      continue; // it ended by itself
    }
  }
}

/** Whether the process is the agent of the folder: `zlh agent --home <folder>`. */
export function isAgentOf(pid: number, folder: string): boolean {
  try {
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return args.includes('agent') && args[args.indexOf('--home') + 1] === folder;
  } catch {
    return false; // it ended meanwhile
  }
}
