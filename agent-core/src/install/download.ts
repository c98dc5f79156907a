/**
 * Downloads one artifact from the platform. Promises that the finished file has exactly the wanted
 * bytes: a cut transfer is resumed, a wrong one is refused and forgotten.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { CodedError } from '@zlh/kernel';
import type { ArtifactRef } from '../contract/spec.ts';
import type { PlatformClient } from '../platform/platform-client.ts';
import { errors } from './errors.ts';

export interface DownloadOptions {
  readonly platform: PlatformClient;
  readonly signal: AbortSignal;
  /** Bytes that are here. */
  readonly onProgress: (bytes: number) => void;
  /** How long to go on without a single new byte. Default 120 s. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 120_000;
const IDLE_MS = 30_000;
const FIRST_WAIT_MS = 100;
const MAX_WAIT_MS = 5_000;

/** Leaves the verified bytes at `file`, continuing what an earlier try left there. */
export async function download(
  artifact: ArtifactRef,
  file: string,
  options: DownloadOptions,
): Promise<void> {
  const resumed = (await sizeOf(file)) > 0;
  await fetchAll(artifact, file, options);
  const got = await hashOf(file, options.signal);
  if (got === artifact.sha256) return;
  await rm(file, { force: true });
  // What an earlier try left may have been the wrong part: once more from the first byte.
  if (resumed) return download(artifact, file, options);
  throw errors.hashMismatch(artifact.name, artifact.sha256, got);
}

/** Asks until the file has its size, as long as there is progress now and then. */
async function fetchAll(
  artifact: ArtifactRef,
  file: string,
  options: DownloadOptions,
): Promise<void> {
  const { signal, patienceMs = PATIENCE_MS } = options;
  let patience = performance.now() + patienceMs;
  let have = await sizeOf(file);
  for (let wait = FIRST_WAIT_MS; have !== artifact.size; wait = Math.min(wait * 2, MAX_WAIT_MS)) {
    if (have > artifact.size) await rm(file, { force: true });
    try {
      await transfer(artifact, file, options);
    } catch (error) {
      signal.throwIfAborted();
      if (isFinal(error)) throw error;
      if ((await sizeOf(file)) > have) {
        patience = performance.now() + patienceMs;
        wait = FIRST_WAIT_MS;
      }
      if (performance.now() > patience) throw errors.unreachable(artifact.name, error);
      await delay(wait, undefined, { signal });
    }
    have = await sizeOf(file);
  }
}

/** One request; appends to the file. Resolves when the body ended as announced. */
async function transfer(
  artifact: ArtifactRef,
  file: string,
  options: DownloadOptions,
): Promise<void> {
  const have = await sizeOf(file);
  const response = await options.platform.send({
    method: 'GET',
    path: `/api/artifacts/${artifact.sha256}`,
    headers: have > 0 ? { range: `bytes=${have}-` } : {},
    signal: options.signal,
  });
  response.setTimeout(IDLE_MS, () => response.destroy(new Error('the transfer stood still')));
  const { statusCode: status = 0 } = response;
  if (status === 416) await rm(file, { force: true });
  if (status !== 200 && status !== 206) {
    response.destroy();
    const temporary = status >= 500 || status === 416 || status === 429 || status === 408;
    throw temporary ? new Error(`HTTP ${status}`) : errors.missing(artifact.name, status);
  }
  const start = status === 206 ? rangeStart(response) : 0;
  if (start !== have && start !== 0) {
    response.destroy();
    throw new Error(`the platform sent bytes from ${start} instead of ${have}`);
  }
  await append(response, artifact, file, start, options.onProgress);
}

async function append(
  response: IncomingMessage,
  artifact: ArtifactRef,
  file: string,
  start: number,
  onProgress: (bytes: number) => void,
): Promise<void> {
  const handle = await open(file, start === 0 ? 'w' : 'a', 0o600);
  try {
    let have = start;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      have += chunk.length;
      if (have > artifact.size) throw errors.sizeMismatch(artifact.name, artifact.size, have);
      await handle.write(chunk);
      onProgress(have);
    }
    await handle.sync();
    if (have < artifact.size) throw new Error(`the transfer ended after ${have} bytes`);
  } catch (error) {
    if (isFinal(error)) await rm(file, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

/** SHA-256 in hex. */
export async function hashOf(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 18, signal })) {
    hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}

/** A shorter answer than announced may be cut by anything; these will not get better. */
function isFinal(error: unknown): boolean {
  if (error instanceof CodedError) return true;
  return ['ENOSPC', 'EDQUOT', 'EACCES', 'EROFS'].includes(
    String((error as NodeJS.ErrnoException).code),
  );
}

function rangeStart(response: IncomingMessage): number {
  return Number(/^bytes (\d+)-/.exec(response.headers['content-range'] ?? '')?.[1] ?? Number.NaN);
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}
