/**
 * Runs test files side by side: the longest first, and as many as keep the processors busy.
 *
 * A file that waits most of its time takes little of a processor, so more of its kind run at once.
 * Files that ask to be alone run after all the others.
 */
import type { Duration, Durations } from './durations.ts';

/** A file that nobody has measured begins early, and counts as one busy processor. */
const unknown: Duration = { seconds: 20, busy: 1 };

export interface Limits {
  /** The most that run at once. */
  readonly jobs: number;
  /** The processors that the files which run at once may keep busy together. */
  readonly processors: number;
}

interface Task {
  readonly path: string;
  readonly alone: boolean;
}

/** @returns the results in the order of the tasks */
export async function schedule<T extends Task, R>(
  tasks: readonly T[],
  limits: Limits,
  durations: Durations,
  run: (task: T) => Promise<R>,
): Promise<R[]> {
  const results = new Map<T, R>();
  const durationOf = ({ path }: T) => durations.get(path) ?? unknown;
  const longestFirst = (a: T, b: T) => durationOf(b).seconds - durationOf(a).seconds;
  const waiting = tasks.filter(({ alone }) => !alone).sort(longestFirst);
  const running = new Map<T, Promise<void>>();

  function next(): T | undefined {
    if (running.size >= limits.jobs) return undefined;
    if (running.size === 0) return waiting[0];
    const busy = [...running.keys()].reduce((sum, task) => sum + durationOf(task).busy, 0);
    return waiting.find((task) => busy + durationOf(task).busy <= limits.processors);
  }

  async function start(task: T): Promise<void> {
    results.set(task, await run(task));
    running.delete(task);
  }

  while (waiting.length > 0 || running.size > 0) {
    for (let task = next(); task !== undefined; task = next()) {
      waiting.splice(waiting.indexOf(task), 1);
      running.set(task, start(task));
    }
    await Promise.race(running.values());
  }
  for (const task of tasks.filter(({ alone }) => alone)) results.set(task, await run(task));
  return tasks.flatMap((task) => results.get(task) ?? []);
}
