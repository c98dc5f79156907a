/**
 * Memory, processor time and processes of the game. Promises figures from whatever the host shows: the run's control
 * group where it has one, else /proc with the proportional set size where it may be read, resident size elsewhere.
 */
import { readFileSync } from 'node:fs';
import type { UsageSample } from '../contract/history.ts';
import { statProcess, type ProcessStat } from '@zlh/kernel/process-id';
import { findRun } from '../process/tree.ts';
import type { GameRun } from '../supervisor/game-run.ts';

const TICKS_PER_SECOND = 100;
const PAGE = 4096;

export class UsageMeter {
  #last: { readonly runId: string; readonly at: number; readonly cpu: number } | undefined;

  /**
   * Whether it was measured that lately. The mean over a moment says nothing: a game that may use a fifth of a processor
   * has all of it for 20 ms of each 100.
   */
  isFresh(run: GameRun, ms: number): boolean {
    return this.#last?.runId === run.id && performance.now() - this.#last.at < ms;
  }

  /** CPU is the mean since the last call, null at the first. */
  measure(run: GameRun): UsageSample {
    const tree = treeOf(run);
    const cpu = run.group?.cpuSeconds() ?? ticksOf(tree) / TICKS_PER_SECOND;
    const at = performance.now();
    const last = this.#last?.runId === run.id ? this.#last : undefined;
    if (tree.length > 0) this.#last = { runId: run.id, at, cpu };
    const seconds = last === undefined ? 0 : (at - last.at) / 1000;
    const used = last === undefined ? 0 : Math.max(0, cpu - last.cpu);
    return {
      at: new Date().toISOString(),
      memoryBytes: run.group?.memoryBytes() ?? memoryOf(tree),
      cpuPercent: seconds === 0 ? null : Math.round((used / seconds) * 1000) / 10,
      processes: tree.length,
    };
  }
}

/** A control group lists its processes; without one every process of the machine is looked at. */
function treeOf({ marked, leader, group }: GameRun): readonly ProcessStat[] {
  if (group === undefined) return findRun(marked, leader);
  return group.members().flatMap((pid) => statProcess(pid) ?? []);
}

function ticksOf(tree: readonly ProcessStat[]): number {
  return tree.reduce((sum, { cpuTicks }) => sum + cpuTicks, 0);
}

function memoryOf(tree: readonly ProcessStat[]): number {
  return tree.reduce((sum, { pid }) => sum + memoryOfProcess(pid), 0);
}

function memoryOfProcess(pid: number): number {
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
