/**
 * The one way a game comes to life: whole artifacts, managed files, free ports, a clean run folder, a note,
 * then the shim. Guarantees: after a crash between any two steps a later agent finds all that is left by the
 * run's id. A launch that failed leaves nothing; a run with a process that cannot be killed stays remembered.
 */
import { randomUUID } from 'node:crypto';
import type { ConsoleHub } from '../console/console-hub.ts';
import { SCROLLBACK_BYTES } from '../console/console-hub.ts';
import type { InstanceSpec } from '../contract/spec.ts';
import { now } from '../lib/clock.ts';
import { countOomKills } from '../lib/machine.ts';
import type { ControlGroups, Limits } from '../process/groups/control-groups.ts';
import { killRun, killShim } from '../process/tree.ts';
import type { Isolation } from '../sandbox/isolation.ts';
import type { ShimRecord } from '../shim/launch.ts';
import { clearRunFolder, startShim } from '../shim/start.ts';
import { errors } from './errors.ts';
import { planLaunch, type Places } from './launch-plan.ts';
import type { RunMemory } from './memory.ts';
import { assertPortsFree } from './ports.ts';

/** Below the 200 ms after which node-pty gives up what an ended game wrote and nobody read. */
const HOLD_MS = 150;

export interface LaunchOptions {
  /** Holds socket and records of the run. */
  readonly runDir: string;
  /** Shared by all shims of the machine; makes them start fast and stay small. */
  readonly compileCache: string;
  readonly places: Places;
  readonly console: ConsoleHub;
  readonly groups: ControlGroups;
  readonly isolation: Isolation;
  /** How long a shim may take to be ready; default 30 s. */
  readonly shimWithinMs?: number;
  /** Brings artifacts and managed files to what the spec says. Rejects where the game may not be started. */
  readonly prepare: (spec: InstanceSpec, signal: AbortSignal) => Promise<void>;
}

const SIZE = { cols: 120, rows: 40 };

/** `remember` must have the run on disk when it returns; it is called with null when nothing came of it. */
export async function launchGame(
  spec: InstanceSpec,
  options: LaunchOptions,
  remember: (run: RunMemory | null) => void,
  signal: AbortSignal,
): Promise<{ shim: ShimRecord; memory: RunMemory }> {
  const { runDir, compileCache, places, console, groups, isolation, shimWithinMs } = options;
  await options.prepare(spec, signal);
  await assertPortsFree(spec.ports);
  const id = randomUUID();
  const folders = groups.plan(id);
  const group = folders === null ? undefined : groups.at(folders);
  const program = planLaunch(spec, id, places);
  signal.throwIfAborted();
  const { at, up, boot } = now();
  const memory: RunMemory = {
    id,
    startedAt: at,
    startedUp: up,
    readyAt: null,
    bootId: boot,
    offset: console.mark(),
    oomKills: countOomKills(),
    group: folders,
  };
  clearRunFolder(runDir);
  remember(memory);
  try {
    if (folders !== null) groups.make(folders, limitsOf(spec, isolation));
    isolation.clear('game');
    const launch = await isolation.launch({
      program,
      runId: id,
      purpose: 'game',
      data: places.data,
      artifacts: program.artifacts.map(places.artifactPath),
      groups: folders,
      memoryBytes: spec.memoryMiB * 2 ** 20,
      account: spec.account,
    });
    const request = {
      ...launch,
      ...SIZE,
      runId: id,
      offset: memory.offset,
      scrollbackBytes: SCROLLBACK_BYTES,
      holdMs: HOLD_MS,
    };
    return { shim: await startShim(runDir, request, compileCache, shimWithinMs), memory };
  } catch (error) {
    const members = () => group?.members() ?? [];
    const dead = (await killShim(id)) && (await killRun(isolation.marked(id), null, members));
    if (!dead) throw errors.unkillable();
    await group?.remove();
    remember(null);
    throw error;
  }
}

export function limitsOf({ memoryMiB, limits }: InstanceSpec, { processes }: Isolation): Limits {
  const most = limits?.processes;
  return {
    ...limits,
    memoryBytes: memoryMiB * 2 ** 20,
    // The sandbox takes no process from the game.
    processes: most === undefined ? undefined : most + processes,
  };
}
