/**
 * Figures of the machine that explain a crash or a refusal: kills for lack of memory, free disk space. Kills that the host
 * does not tell of are none; space that it does not tell of is null.
 */
import { readFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

/** How many processes of this control group the kernel killed for lack of memory so far. */
export function countOomKills(): number {
  for (const file of oomFiles()) {
    try {
      const found = /^oom_kill (\d+)$/m.exec(readFileSync(file, 'latin1'));
      if (found !== null) return Number(found[1]);
    } catch {
      continue; // another cgroup version, or not visible from here
    }
  }
  return 0;
}

function oomFiles(): string[] {
  const lines = readFileSync('/proc/self/cgroup', 'latin1').split('\n');
  const path = (controller: string) =>
    lines
      .map((line) => line.split(':'))
      .find(([, names]) => names?.split(',').includes(controller))?.[2];
  const v2 = path('') ?? '/';
  const v1 = path('memory') ?? '/';
  return [
    join('/sys/fs/cgroup', v2, 'memory.events'),
    join('/sys/fs/cgroup/memory', v1, 'memory.oom_control'),
    '/sys/fs/cgroup/memory.events',
    '/sys/fs/cgroup/memory/memory.oom_control',
  ];
}

/** Null where nobody can say: the folder is missing, which has its own error. */
export function freeBytes(path: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    return null; // told as unknown
  }
}
