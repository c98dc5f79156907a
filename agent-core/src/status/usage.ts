/**
 * Memory and processor time of the game's process tree, read from /proc. Promises figures from
 * whatever the host shows: proportional set size where it may be read, resident size elsewhere.
 */
import { readFileSync } from 'node:fs';
import type { AgentStatus } from '../contract/status.ts';
import { findRun } from '../process/tree.ts';
import type { GameRun } from '../supervisor/game-run.ts';

const TICKS_PER_SECOND = 100;
const PAGE = 4096;

export class UsageMeter {
  #last: { readonly runId: string; readonly at: number; readonly ticks: number } | undefined;

  /** Null when nothing runs. CPU is the mean since the last call, 0 at the first. */
  measure(run: GameRun | undefined): AgentStatus['usage'] {
    if (run === undefined) return null;
    const tree = findRun(run.id, run.leader);
    const ticks = tree.reduce((sum, { cpuTicks }) => sum + cpuTicks, 0);
    const memoryBytes = tree.reduce((sum, { pid }) => sum + memoryOf(pid), 0);
    const at = performance.now();
    const last = this.#last?.runId === run.id ? this.#last : undefined;
    this.#last = { runId: run.id, at, ticks };
    const seconds = last === undefined ? 0 : (at - last.at) / 1000;
    const used = last === undefined ? 0 : Math.max(0, ticks - last.ticks) / TICKS_PER_SECOND;
    return {
      memoryBytes,
      cpuPercent: seconds === 0 ? 0 : Math.round((used / seconds) * 1000) / 10,
    };
  }
}

function memoryOf(pid: number): number {
  try {
    const pss = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'));
    if (pss !== null) return Number(pss[1]) * 1024;
  } catch {
    // Another user's process, or it has just ended: the resident size tells next to the same.
  }
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * PAGE;
  } catch {
    return 0; // it has ended
  }
}
