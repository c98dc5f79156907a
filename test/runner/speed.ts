/**
 * Measures how slow this machine is now, so that time limits are limits for hangs and not for machines.
 *
 * Computing, starting a process, and a write that must reach the disk are timed. Each is compared with
 * the reference machine: two quiet cores of a 2024 server. A busy machine measures as a slow one.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The time of each on the reference machine, and how often it is done here. */
const reference = {
  computing: { ms: 10, times: 10 },
  processes: { ms: 36, times: 5 },
  disk: { ms: 2, times: 10 },
} as const;

/** A limit that is hit in spite of so much patience is a hang on every machine. */
const maxSlowness = 12;

export interface Speed {
  /** Factors of the reference machine's time: 2 takes twice as long. */
  readonly computing: number;
  readonly processes: number;
  readonly disk: number;
  /** The factor for time limits: the slowest of the three, from 1 to 12. */
  readonly slowness: number;
}

/** Takes about half a second on the reference machine, and blocks. */
export function measureSpeed(): Speed {
  const computing = timed('computing', compute);
  const processes = timed('processes', () => spawnSync(process.execPath, ['-e', '0']));
  const disk = withFile((file) => timed('disk', () => writeThrough(file)));
  const slowest = Math.max(computing, processes, disk, 1);
  return { computing, processes, disk, slowness: Math.min(slowest, maxSlowness) };
}

/** One line for people. */
export function describeSpeed({ computing, processes, disk, slowness }: Speed): string {
  const factor = (value: number) => `${value.toFixed(1)} ×`;
  return (
    `This machine takes ${factor(computing)} the reference's time to compute, ${factor(processes)} to ` +
    `start a process, ${factor(disk)} to write to its disk: time limits are multiplied by ${slowness.toFixed(1)}.`
  );
}

/** Hands the factor to test files, where `scaled` of `@zlh/kernel/testing` reads it. */
export function speedEnvironment({ slowness }: Speed): Record<string, string> {
  return { ZLH_TEST_SLOWNESS: slowness.toFixed(2) };
}

/** The mean of some runs against the reference; a single one says little on a busy machine. */
function timed(what: keyof typeof reference, run: () => unknown): number {
  const { ms, times } = reference[what];
  run(); // the first run pays for what later ones find ready
  const started = performance.now();
  for (let time = 0; time < times; time += 1) run();
  return (performance.now() - started) / times / ms;
}

function compute(): void {
  const hash = createHash('sha256');
  const block = Buffer.alloc(64 * 1024);
  for (let round = 0; round < 64; round += 1) {
    for (let at = 0; at < block.length; at += 1) block[at] = (at * round) & 255;
    hash.update(block);
  }
  hash.digest();
}

function writeThrough(file: number): void {
  writeSync(file, Buffer.alloc(8192, 1));
  fsyncSync(file);
}

function withFile<T>(use: (file: number) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'zlh-speed-'));
  const file = openSync(join(folder, 'written'), 'w');
  try {
    return use(file);
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true, force: true });
  }
}
