/**
 * Which process is meant, over restarts of the one that asks: a number alone may be another's by then.
 * Everything is read from `/proc`, where the system itself says it.
 */
import { readFileSync } from 'node:fs';

export interface ProcessId {
  readonly pid: number;
  /** In clock ticks since the boot. */
  readonly startTime: number;
}

/** Undefined when there is no such process. A zombie counts as gone. */
export function processId(pid: number): ProcessId | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined; // ENOENT or ESRCH: it is gone
  }
  // The name in parentheses may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return ['Z', 'X'].includes(fields[0]!) ? undefined : { pid, startTime: Number(fields[19]) };
}

export function isRunning({ pid, startTime }: ProcessId): boolean {
  return processId(pid)?.startTime === startTime;
}

/** Another one after each boot of the machine, and after each start of the container. */
export function bootId(): string {
  const kernel = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  return `${kernel}:${processId(1)?.startTime ?? 0}`;
}
