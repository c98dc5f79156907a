/**
 * Downloads one file: hashed while it comes, resumed where a cut connection left it, refused when it is larger
 * than promised or allowed, and gone when its hash is wrong.
 */
import { CodedError } from '@zlh/kernel';
import { createHash, type Hash } from 'node:crypto';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { diskFull, notPublished, tooLarge, upstreamMalformed } from '../errors.ts';
import { hashMismatch, importCancelled, upstreamUnreachable } from '../importers/errors.ts';
import {
  attempts,
  isPassing,
  isPassingStatus,
  unreachable,
  type Answer,
  type UpstreamClient,
} from './client.ts';
import { pause } from './get-json.ts';

export interface Download {
  readonly upstream: string;
  readonly url: string;
  /** For people: `Paper 1.21.4 build 232`. */
  readonly what: string;
  /** The publisher's hash, in hex. MD5 only where nothing better is published. */
  readonly hash: {
    readonly algorithm: 'md5' | 'sha1' | 'sha256' | 'sha512';
    readonly value: string;
  };
  /** In bytes, where the publisher tells it. */
  readonly size?: number | undefined;
  /** Absolute path; must not exist. */
  readonly file: string;
  /** In bytes. */
  readonly limit: number;
  readonly signal: AbortSignal;
  /** Bytes so far, and in all where that is known. */
  onBytes(done: number, all: number | undefined): void;
}

/** What has arrived so far. */
interface Progress {
  readonly handle: FileHandle;
  hash: Hash;
  bytes: number;
  /** Names the representation, so that a resumed part is of the same file. */
  tag: string | undefined;
}

export async function download(client: UpstreamClient, wanted: Download): Promise<void> {
  const { what, hash, size, limit, file, signal } = wanted;
  if (size !== undefined && size > limit) throw tooLarge(what, limit);
  const handle = await open(file, 'wx', 0o600);
  const progress: Progress = { handle, hash: createHash(hash.algorithm), bytes: 0, tag: undefined };
  try {
    await fetchAll(client, wanted, progress);
    const actual = progress.hash.digest('hex');
    if (actual !== hash.value.toLowerCase())
      throw hashMismatch(what, hash.value.toLowerCase(), actual);
  } catch (error) {
    await rm(file, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT') throw diskFull(file, error);
    throw signal.aborted ? importCancelled(what) : error;
  } finally {
    await handle.close();
  }
}

/** Attempts that got further do not count: a slow line may be cut any number of times. */
async function fetchAll(
  client: UpstreamClient,
  wanted: Download,
  progress: Progress,
): Promise<void> {
  const { upstream, signal, what } = wanted;
  for (let failures = 0; ;) {
    const before = progress.bytes;
    try {
      const answer = await client.get(wanted.url, resumeAt(progress), signal);
      const done = await takeAnswer(answer, wanted, progress);
      if (done) return;
      failures += 1;
      if (failures >= attempts) throw upstreamUnreachable(upstream, `it answered ${answer.status}`);
    } catch (error) {
      if (error instanceof CodedError || signal.aborted || isDiskFault(error)) throw error;
      failures = progress.bytes > before ? 1 : failures + 1;
      if (!isPassing(error) || failures >= attempts) throw unreachable(upstream, error);
    }
    await pause(client, failures, signal, what);
  }
}

function resumeAt({ bytes, tag }: Progress): Record<string, string> {
  if (bytes === 0 || tag === undefined) return {};
  return { range: `bytes=${bytes}-`, 'if-range': tag };
}

/** False when it is worth trying again. */
async function takeAnswer(answer: Answer, wanted: Download, progress: Progress): Promise<boolean> {
  const { upstream, what } = wanted;
  const resumed =
    answer.status === 206 &&
    answer.headers['content-range']?.startsWith(`bytes ${progress.bytes}-`) === true;
  if (answer.status !== 200 && !resumed) {
    answer.body.on('error', () => {}).destroy();
    if (answer.status === 404 || answer.status === 410) throw notPublished(upstream, what);
    if (answer.status !== 206 && answer.status !== 416 && !isPassingStatus(answer.status))
      throw upstreamUnreachable(upstream, `it answered ${answer.status}`);
    await restart(wanted, progress);
    return false;
  }
  if (!resumed) await restart(wanted, progress);
  const { etag } = answer.headers;
  progress.tag =
    etag?.startsWith('W/') === true ? undefined : (etag ?? answer.headers['last-modified']);
  await takeBody(answer, wanted, progress);
  return true;
}

async function restart({ hash }: Download, progress: Progress): Promise<void> {
  if (progress.bytes === 0) return;
  await progress.handle.truncate(0);
  progress.hash = createHash(hash.algorithm);
  progress.bytes = 0;
}

async function takeBody(
  { body, headers }: Answer,
  { upstream, size, limit, what, onBytes }: Download,
  progress: Progress,
): Promise<void> {
  const length =
    headers['content-length'] === undefined
      ? undefined
      : progress.bytes + Number(headers['content-length']);
  const all = size ?? length;
  if (all !== undefined && all > limit) {
    body.on('error', () => {}).destroy();
    throw tooLarge(what, limit);
  }
  for await (const chunk of body) {
    const data = chunk as Buffer;
    if (size !== undefined && progress.bytes + data.length > size)
      throw upstreamMalformed(upstream, `${what} is larger than the ${size} bytes it announced`);
    if (progress.bytes + data.length > limit) throw tooLarge(what, limit);
    await writeAll(progress.handle, data, progress.bytes);
    progress.hash.update(data);
    progress.bytes += data.length;
    onBytes(progress.bytes, all);
  }
  if (all !== undefined && progress.bytes < all)
    throw Object.assign(new Error('the connection was cut'), { code: 'ECONNRESET' });
}

/** One write may take less than it was given. */
async function writeAll(handle: FileHandle, data: Buffer, at: number): Promise<void> {
  for (let done = 0; done < data.length;) {
    const { bytesWritten } = await handle.write(data, done, data.length - done, at + done);
    done += bytesWritten;
  }
}

const isDiskFault = (error: unknown) =>
  ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '');
