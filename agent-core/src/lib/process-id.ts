/**
 * Which process is meant, safe against pid reuse: a pid together with the time it was started, as
 * `/proc/<pid>/stat` tells it. Imported by the shim too, so it stays free of other imports.
 */
import { readFileSync } from 'node:fs';

export interface ProcessId {
  readonly pid: number;
  /** Clock ticks since boot. */
  readonly startTime: number;
}

export interface ProcessStat extends ProcessId {
  /** `R`, `S`, `D`, `T`, `Z`, `X` … */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** User and system time, in clock ticks. */
  readonly cpuTicks: number;
}

/** Undefined when there is no such process. */
export function statProcess(pid: number): ProcessStat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined; // ENOENT or ESRCH: it is gone
  }
  // The name in parentheses may hold spaces and parentheses itself.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (index: number) => Number(fields[index - 3]);
  return {
    pid,
    state: fields[0]!,
    parent: field(4),
    group: field(5),
    session: field(6),
    cpuTicks: field(14) + field(15),
    startTime: field(22),
  };
}

/** A zombie counts as dead. */
export function isAlive({ pid, startTime }: ProcessId): boolean {
  const found = statProcess(pid);
  return found?.startTime === startTime && found.state !== 'Z' && found.state !== 'X';
}

/** Differs after every boot of the machine and every start of the container. */
export function bootId(): string {
  const kernel = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  return `${kernel}:${statProcess(1)?.startTime ?? 0}`;
}
