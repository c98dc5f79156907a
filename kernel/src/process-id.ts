/**
 * Which process is meant, over restarts of the one that asks: a number alone may be another's by then. The
 * system itself says everything, in `/proc`. The shim loads this file, so it stays free of other imports.
 */
import { readFileSync, readlinkSync } from 'node:fs';

export interface ProcessId {
  readonly pid: number;
  /** In clock ticks since the boot. */
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

/** Undefined when there is no such process. A zombie has a state. */
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

/** Undefined when there is no such process. A zombie counts as gone. */
export function processId(pid: number): ProcessId | undefined {
  const found = statProcess(pid);
  if (found === undefined || ['Z', 'X'].includes(found.state)) return undefined;
  return { pid, startTime: found.startTime };
}

export function isRunning({ pid, startTime }: ProcessId): boolean {
  return processId(pid)?.startTime === startTime;
}

/** A process has no say in its origin, unlike in its arguments, its environment and its folder. */
export interface ProcessOrigin {
  /** Real, effective, saved and of the file system. */
  readonly users: readonly number[];
  /** Undefined where this user may not know it. */
  readonly pidNamespace: string | undefined;
  /** In that namespace; 1 is its first process. */
  readonly numberInside: number;
}

/** Undefined when there is no such process. */
export function processOrigin(pid: number): ProcessOrigin | undefined {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, 'latin1');
  } catch {
    return undefined; // gone
  }
  const users = /^Uid:\t(.+)$/m.exec(status)?.[1]?.split('\t').map(Number) ?? [];
  const numberInside = Number(/^NSpid:.*\t(\d+)$/m.exec(status)?.[1]);
  return { users, pidNamespace: pidNamespaceOf(pid), numberInside };
}

/** Whether that user alone runs it, outside of every sandbox. */
export function runsOpenlyAs(pid: number, user: number): boolean {
  const origin = processOrigin(pid);
  if (origin === undefined || origin.pidNamespace === undefined) return false;
  return (
    origin.users.every((each) => each === user) &&
    origin.pidNamespace === pidNamespaceOf(process.pid)
  );
}

function pidNamespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined; // gone, or another user's
  }
}

/** Another one after each boot of the machine, and after each start of the container. */
export function bootId(): string {
  const kernel = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  return `${kernel}:${statProcess(1)?.startTime ?? 0}`;
}
