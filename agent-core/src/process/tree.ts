/**
 * Everything that belongs to one run of a game: its session, descendants, its control group, and processes
 * that carry the run's mark in their environment. Guarantees: killing a run leaves no process of it behind,
 * also when children changed session, lost their parent or are born meanwhile. A stranger's process that
 * carries the mark is no part of the run.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import {
  processOrigin,
  statProcess,
  type ProcessId,
  type ProcessOrigin,
  type ProcessStat,
} from '@zlh/kernel/process-id';
import { RUN_MARK, SHIM_MARK } from '../shim/launch.ts';

const KILL_ROUNDS = 200;
const ROUND_MS = 25;

export interface MarkedRun {
  readonly id: string;
  /** Users whose processes may carry its mark; all of them in a container of its own. */
  readonly users: readonly number[] | 'all';
}

/** Live processes of a run; zombies are left out. `leader` is the process the shim launched. */
export function findRun(
  run: MarkedRun,
  leader: ProcessId | null,
  members: readonly number[] = [],
): ProcessStat[] {
  const all = allProcesses();
  const marked = findMarked(`${RUN_MARK}=${run.id}`, all.keys(), run.users);
  const found = new Map<number, ProcessStat>();
  // The leader's number names its session for as long as a member lives, even when it itself is gone.
  const session = leader !== null && sessionIsOurs(all, leader) ? leader.pid : undefined;
  for (const stat of all.values()) {
    const known = stat.session === session || members.includes(stat.pid);
    if (known || marked.has(stat.pid)) found.set(stat.pid, stat);
  }
  for (let grown = true; grown;) {
    grown = false;
    for (const stat of all.values()) {
      if (found.has(stat.pid) || !found.has(stat.parent)) continue;
      found.set(stat.pid, stat);
      grown = true;
    }
  }
  return [...found.values()].filter(({ state }) => state !== 'Z' && state !== 'X');
}

/** The shim of a run, found by its mark when it has not written its record yet. */
export function findShim(
  runId: string,
  users: MarkedRun['users'] = [process.geteuid!()],
): ProcessId | undefined {
  const all = allProcesses();
  const marked = findMarked(`${SHIM_MARK}=${runId}`, all.keys(), users);
  const own = processOrigin(process.pid)?.pidNamespace;
  // It stays outside of every sandbox.
  return [...all.values()].find(
    ({ pid, state }) => state !== 'Z' && marked.has(pid) && marked.get(pid)!.pidNamespace === own,
  );
}

/** SIGKILLs exactly this process; nothing when its number is another's by now. */
export function killProcess({ pid, startTime }: ProcessId): void {
  if (statProcess(pid)?.startTime === startTime) send(pid, 'SIGKILL');
}

/** Ends whatever might still launch the game of a run: its shim, and what that has just forked. False when it cannot. */
export async function killShim(runId: string): Promise<boolean> {
  for (let round = 0; round < KILL_ROUNDS; round++) {
    const shim = findShim(runId);
    if (shim === undefined) return true;
    killProcess(shim);
    await delay(ROUND_MS);
  }
  return false;
}

/** Sends a signal to the leader's process group, as Ctrl-C in a terminal would. */
export function signalGroup(leader: ProcessId, signal: NodeJS.Signals): void {
  if (statProcess(leader.pid)?.startTime === leader.startTime) send(-leader.pid, signal);
}

/**
 * SIGKILLs the run until nothing of it is left; false when something cannot be killed (state D). `members` answers
 * who is in its control group.
 */
export async function killRun(
  run: MarkedRun,
  leader: ProcessId | null,
  members: () => readonly number[] = () => [],
  rounds = KILL_ROUNDS,
): Promise<boolean> {
  for (let round = 0; round <= rounds; round++) {
    const left = findRun(run, leader, members());
    if (left.length === 0) return true;
    if (round === rounds) break;
    for (const { pid } of left) send(pid, 'SIGKILL');
    await delay(ROUND_MS);
  }
  return false;
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // Gone, or another user's by a setuid program: whoever needs it gone looks whether it is.
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

function allProcesses(): Map<number, ProcessStat> {
  const all = new Map<number, ProcessStat>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? statProcess(Number(name)) : undefined;
    if (stat !== undefined) all.set(stat.pid, stat);
  }
  return all;
}

/** A dead leader's number is not reused while its session has members; a reused one started later. */
function sessionIsOurs(all: Map<number, ProcessStat>, leader: ProcessId): boolean {
  const now = all.get(leader.pid);
  return now === undefined || now.startTime === leader.startTime;
}

/**
 * Anybody may put the mark into an environment. It counts for a process of the run's users that is in this
 * pid namespace, or in one whose first process carries the mark too: a shim made that one.
 */
function findMarked(
  mark: string,
  pids: Iterable<number>,
  users: MarkedRun['users'],
): ReadonlyMap<number, ProcessOrigin> {
  const isOfUsers = ([user]: readonly number[]) => users === 'all' || users.includes(user!);
  const marked = [...pids].flatMap((pid) => {
    const origin = hasMark(pid, mark) ? processOrigin(pid) : undefined;
    return origin !== undefined && isOfUsers(origin.users) ? [[pid, origin] as const] : [];
  });
  const own = processOrigin(process.pid)?.pidNamespace;
  const firsts = marked.filter(([, { numberInside }]) => numberInside === 1);
  const namespaces = new Set([own, ...firsts.map(([, { pidNamespace }]) => pidNamespace)]);
  return new Map(marked.filter(([, { pidNamespace }]) => namespaces.has(pidNamespace)));
}

function hasMark(pid: number, mark: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(mark);
  } catch {
    return false; // gone, or another user's: not ours either way
  }
}
