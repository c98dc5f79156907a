/**
 * Finds and ends every process that a test file started.
 *
 * The process group alone is not enough: an agent or a shim leaves it on purpose. So each file runs
 * with a mark in its environment that all its descendants inherit. `/proc` answers the marked ones, the
 * group, and the children of both. Where there is no `/proc` the group has to do.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** The name of the environment variable that carries the mark. */
export const markVariable = 'ZLH_TEST_PROCESS';

/** Everything one test file started. */
export interface Family {
  /** The process group's id. */
  readonly group: number;
  /** The value of the mark; a runner started by a test extends it with `/…`. */
  readonly mark: string;
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly command: string;
  readonly marks: readonly string[];
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it has ended, or belongs to somebody else
  }
}

function readProcess(pid: number): Process | undefined {
  const stat = read(`/proc/${pid}/stat`);
  const [state, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (state === undefined || state === '' || state === 'Z' || state === 'X') return undefined;
  const marks = read(`/proc/${pid}/environ`)
    .split('\0')
    .filter((entry) => entry.startsWith(`${markVariable}=`))
    .map((entry) => entry.slice(markVariable.length + 1));
  const command = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
  return { pid, parent: Number(parent), group: Number(group), command, marks };
}

/** The living members of the family, without zombies. */
function membersOf(family: Family): Process[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? []);
  const isMarked = (mark: string) => mark === family.mark || mark.startsWith(`${family.mark}/`);
  const members = new Set(
    all.filter(({ group, marks }) => group === family.group || marks.some(isMarked)),
  );
  for (let size = -1; size !== members.size;) {
    size = members.size;
    const pids = new Set([...members].map(({ pid }) => pid));
    for (const process of all) if (pids.has(process.parent)) members.add(process);
  }
  return [...members];
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended between the look and the kill, which is what we want.
  }
}

/** Ends the family at once. A member may fork meanwhile, so it looks until nobody is left. */
export function killFamily(family: Family): void {
  if (process.platform !== 'linux') return kill(-family.group);
  for (let round = 0; round < 10; round += 1) {
    const members = membersOf(family);
    if (members.length === 0) return;
    for (const { pid } of members) kill(pid);
  }
}

/**
 * Waits for the family to end by itself and ends whoever is still there.
 *
 * @returns a line for each process that had to be ended
 */
export async function endFamily(family: Family, graceMs: number): Promise<string[]> {
  const deadline = performance.now() + graceMs;
  while (process.platform === 'linux' && performance.now() < deadline) {
    if (membersOf(family).length === 0) return [];
    await delay(50); // nobody tells of the end of a process that is not ours
  }
  const left = process.platform === 'linux' ? membersOf(family) : [];
  killFamily(family);
  return left.map(({ pid, command }) => `${pid} ${command.slice(0, 160)}`);
}
