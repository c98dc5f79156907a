/**
 * The one way a game comes to life: whole artifacts, free ports, a clean run folder, a note on disk,
 * and only then the shim. Promises that a crash between any two steps leaves nothing a later agent
 * cannot find by the run's id.
 */
import { randomUUID } from 'node:crypto';
import type { ConsoleHub } from '../console/console-hub.ts';
import { SCROLLBACK_BYTES } from '../console/console-hub.ts';
import type { InstanceSpec } from '../contract/spec.ts';
import { countOomKills } from '../lib/machine.ts';
import { bootId } from '../lib/process-id.ts';
import type { ShimRecord } from '../shim/launch.ts';
import { clearRunFolder, startShim } from '../shim/start.ts';
import { planLaunch, type Places } from './launch-plan.ts';
import type { RunMemory } from './memory.ts';
import { assertPortsFree } from './ports.ts';

export interface LaunchOptions {
  /** Holds socket and records of the run. */
  readonly runDir: string;
  /** Shared by all shims of the machine; makes them start fast and stay small. */
  readonly compileCache: string;
  readonly places: Places;
  readonly console: ConsoleHub;
  /** Makes sure that every artifact is there and whole. */
  readonly ensureArtifacts: (spec: InstanceSpec, signal: AbortSignal) => Promise<void>;
}

const SIZE = { cols: 120, rows: 40 };

/** `remember` must have the run on disk when it returns; it is called with null when no shim came up. */
export async function launchGame(
  spec: InstanceSpec,
  { runDir, compileCache, places, console, ensureArtifacts }: LaunchOptions,
  remember: (run: RunMemory | null) => void,
  signal: AbortSignal,
): Promise<{ shim: ShimRecord; memory: RunMemory }> {
  await ensureArtifacts(spec, signal);
  await assertPortsFree(spec.ports);
  const id = randomUUID();
  const plan = planLaunch(spec, id, places);
  signal.throwIfAborted();
  const memory: RunMemory = {
    id,
    startedAt: new Date().toISOString(),
    readyAt: null,
    bootId: bootId(),
    offset: console.end,
    oomKills: countOomKills(),
  };
  clearRunFolder(runDir);
  remember(memory);
  const request = {
    ...plan,
    ...SIZE,
    runId: id,
    offset: memory.offset,
    scrollbackBytes: SCROLLBACK_BYTES,
  };
  try {
    return { shim: await startShim(runDir, request, compileCache), memory };
  } catch (error) {
    remember(null);
    throw error;
  }
}
