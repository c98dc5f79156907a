/**
 * Starts a shim, and finds the one of an earlier agent. Promises that a shim either listens when the
 * call returns or does not exist.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { CodedError } from '@zlh/kernel';
import { readJsonFile } from '../lib/atomic-file.ts';
import type { ExitRecord } from './frames.ts';
import { runFiles, SHIM_MARK, type LaunchRequest, type ShimRecord } from './launch.ts';

// Beside this file under either name: sources run as they are, packages carry JavaScript.
const main = fileURLToPath(
  new URL(`./main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

/** Many times what a busy machine needs. */
const READY_WITHIN_MS = 30_000;

/** Bounds for heap, young generation and helper threads; none makes it smaller at rest. */
const FLAGS = ['--max-old-space-size=48', '--max-semi-space-size=1', '--v8-pool-size=1'];
if (import.meta.url.endsWith('.ts')) FLAGS.push('--conditions=zlh-source');

/**
 * Empties the run folder but for the last scrollback, which is what the console goes on from. Only call
 * it when nothing of the earlier run lives.
 */
export function clearRunFolder(runDir: string): void {
  const { scrollback: _kept, ...others } = runFiles;
  for (const name of Object.values(others)) rmSync(join(runDir, name), { force: true });
}

/**
 * `compileCache` is shared by all shims of the machine; it makes them start fast and stay small. A shim that is not
 * ready after `withinMs` is ended. Of one that failed the game may live.
 */
export async function startShim(
  runDir: string,
  request: LaunchRequest,
  compileCache: string,
  withinMs = READY_WITHIN_MS,
): Promise<ShimRecord> {
  const why = await tryShim(runDir, request, compileCache, withinMs).catch(
    (error: Error) => error.message,
  );
  const record = readShimRecord(runDir);
  if (why === undefined && record !== undefined) return record;
  throw new CodedError(
    'AGENT_SHIM_FAILED',
    `The process that keeps the server's console could not start: ${why ?? 'it left no record'}.`,
    'Check memory, disk space and process limits of this machine, then start again.',
  );
}

/** Undefined when it said that it is ready, else why not. Rejects when there was no process at all. */
async function tryShim(
  runDir: string,
  request: LaunchRequest,
  compileCache: string,
  withinMs: number,
): Promise<string | undefined> {
  const log = openSync(join(runDir, runFiles.log), 'w', 0o600);
  const child = spawn(process.execPath, [...FLAGS, main], {
    cwd: runDir,
    detached: true,
    stdio: ['pipe', 'pipe', log],
    env: { [SHIM_MARK]: request.runId, ...environment(compileCache) },
  }) as ChildProcessByStdio<Writable, Readable, null>;
  closeSync(log);
  await once(child, 'spawn');
  const ended = once(child, 'exit').then(() => false);
  child.stdin.on('error', () => {}); // it died before it read everything: 'exit' tells why
  child.stdin.end(JSON.stringify(request));
  let late: NodeJS.Timeout | undefined;
  const isReady = await Promise.race([
    once(child.stdout, 'data').then(() => true),
    ended,
    new Promise<undefined>((resolve) => (late = setTimeout(() => resolve(undefined), withinMs))),
  ]);
  clearTimeout(late);
  if (isReady === undefined) {
    child.kill('SIGKILL');
    await ended;
  }
  child.stdout.destroy();
  child.unref();
  if (isReady === undefined) return `it was not ready within ${withinMs / 1000} seconds`;
  return isReady ? undefined : lastLine(join(runDir, runFiles.log));
}

/**
 * Fills the compile cache, so that shims need not load the type stripper: that is worth 13 MB in each.
 * Failing is no harm.
 */
export function warmShim(compileCache: string): void {
  const options = { stdio: 'ignore', env: environment(compileCache) } as const;
  spawn(process.execPath, [...FLAGS, main], options)
    .on('error', () => {})
    .unref();
}

function environment(compileCache: string) {
  return {
    NODE_COMPILE_CACHE: compileCache,
    UV_THREADPOOL_SIZE: '1',
    PATH: process.env.PATH ?? '/usr/bin:/bin',
  };
}

export function readShimRecord(runDir: string): ShimRecord | undefined {
  return readJsonFile(join(runDir, runFiles.record)) as ShimRecord | undefined;
}

/** The exit record of a run, when its shim lived long enough to write it. */
export function readExitRecord(runDir: string, runId: string): ExitRecord | undefined {
  const record = readJsonFile(join(runDir, runFiles.exit)) as ExitRecord | undefined;
  return record?.runId === runId ? record : undefined;
}

/** The end of an ended run's output, and the offset of its first byte. */
export function readScrollback(runDir: string): { offset: number; bytes: Buffer } | undefined {
  let fd: number;
  try {
    fd = openSync(join(runDir, runFiles.scrollback), constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch {
    return undefined; // no run has ended yet, or its shim was killed
  }
  try {
    const content = readFileSync(fd);
    return { offset: content.readUIntBE(0, 6), bytes: content.subarray(6) };
  } finally {
    closeSync(fd);
  }
}

function lastLine(path: string): string {
  const nothing = 'it ended without a word';
  try {
    const lines = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== '');
    return lines.find((line) => line.includes('Error:')) ?? lines.at(-1) ?? nothing;
  } catch {
    return nothing; // not even its log could be made
  }
}
