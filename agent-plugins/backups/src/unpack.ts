/**
 * Fetches a backup into a folder of the agent and checks every file against the manifest. Guarantees:
 * nothing of the instance is touched, and nothing but files, folders and links inside is made, whatever
 * the archive holds.
 */
import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { chmod, mkdir, open, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import { pipeline } from 'node:stream/promises';
import { Refusal, type DataFolder, type PlatformLink } from '@zlh/agent';
import {
  ArchiveExtractor,
  bytesOf,
  defaultLimits,
  ENTRY_BYTES,
  Folder,
  parsePath,
  readTar,
  walk,
} from '@zlh/agent/fs';
import { Check } from 'typebox/value';
import { errors } from './errors.ts';
import { ManifestLine } from './index.ts';
import { chunksOf } from './pack.ts';
import { fetchIndex, receiveParts } from './transfer.ts';

interface Unpacking {
  readonly data: DataFolder;
  readonly platform: PlatformLink;
  readonly backupId: string;
  readonly signal: AbortSignal;
  readonly progress: (share: number) => void;
}

const maxEntries = 1_000_000;
/** A world of air is small: only the bytes themselves are bounded, by the disk. */
const maxRatio = 20_000;

/** Answers the folder with the content; `folder` is made anew. */
export async function unpackBackup(folder: string, unpacking: Unpacking): Promise<string> {
  const { data, platform, backupId, signal, progress } = unpacking;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const index = await fetchIndex(platform, backupId, signal);
  const archiveBytes = index.parts.reduce((sum, { size }) => sum + size, 0);
  using space = await data.reserve(ENTRY_BYTES, signal);
  const extractor = new ArchiveExtractor({
    root: folder,
    archiveBytes,
    owner: data.owner,
    limits: { ...defaultLimits, entries: maxEntries, names: 256 * 2 ** 20, ratio: maxRatio },
    grow: (bytes) => space.grow(bytes),
  });
  let received = 0;
  const counted = async function* () {
    for await (const part of receiveParts(platform, backupId, index, signal)) {
      yield part;
      progress(0.8 * ((received += part.length) / archiveBytes));
    }
  };
  await readArchive(counted(), extractor, signal);
  await checkManifest(folder, signal, (share) => progress(0.8 + 0.2 * share));
  return join(folder, 'data');
}

async function readArchive(
  bytes: AsyncIterable<Buffer>,
  extractor: ArchiveExtractor,
  signal: AbortSignal,
): Promise<void> {
  const decoded = createZstdDecompress();
  const flow = pipeline(Readable.from(bytes, { objectMode: false }), decoded, { signal });
  flow.catch(() => undefined); // awaited below, where it has the reason
  try {
    await readTar(decoded, extractor, signal);
    await extractor.finish(signal);
    await flow;
  } catch (error) {
    signal.throwIfAborted();
    const first = await flow.then(
      () => error,
      (reason: unknown) => reason,
    );
    throw asDamage(isCoded(first) ? first : error);
  }
}

const isCoded = (error: unknown) =>
  typeof (error as { code?: unknown }).code === 'string' && !isZlib(error);
const isZlib = (error: unknown) => String((error as { code?: unknown }).code).startsWith('ZSTD');

/** Refusals of the extractor and the agent's own failures keep their words. */
function asDamage(error: unknown): unknown {
  if (error instanceof Refusal) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code?.startsWith('BACKUPS_') === true || code === 'ENOSPC') return error;
  return errors.damaged(`it cannot be unpacked (${message})`);
}

async function checkManifest(
  folder: string,
  signal: AbortSignal,
  progress: (share: number) => void,
): Promise<void> {
  await mkdir(join(folder, 'data'), { recursive: true });
  const files = await countFiles(join(folder, 'data'), signal);
  const path = join(folder, 'manifest.jsonl');
  const lines = createInterface({
    input: createReadStream(path, { flags: constants.O_RDONLY | constants.O_NOFOLLOW } as object),
  });
  let checked = 0;
  await using root = await Folder.openRoot(join(folder, 'data'));
  try {
    for await (const text of lines) {
      signal.throwIfAborted();
      const line: unknown = JSON.parse(text);
      if (!Check(ManifestLine, line)) throw errors.damaged('its manifest is not readable');
      await checkFile(root, line);
      progress(++checked / Math.max(1, files));
    }
  } catch (error) {
    signal.throwIfAborted();
    throw (error as { code?: string }).code?.startsWith('BACKUPS_') === true
      ? error
      : errors.damaged('its manifest is missing or not readable');
  }
  if (checked !== files) throw errors.damaged('it holds other files than its manifest');
}

async function countFiles(folder: string, signal: AbortSignal): Promise<number> {
  await using root = await Folder.openRoot(folder);
  let files = 0;
  for await (const { stat } of walk(root, { entries: maxEntries, signal }))
    if (stat.isFile()) files++;
  return files;
}

async function checkFile(
  root: Folder,
  { path, size, mode, mtimeMs, sha256 }: ManifestLine,
): Promise<void> {
  const parts = parsePath(path);
  const folders: Folder[] = [];
  try {
    let folder = root;
    for (const part of parts.slice(0, -1)) folders.push((folder = await folder.child(part)));
    await using handle = await open(
      folder.at(parts.at(-1) ?? bytesOf('')),
      constants.O_RDONLY | constants.O_NOFOLLOW,
    );
    const hash = createHash('sha256');
    let length = 0;
    for await (const chunk of chunksOf(handle)) {
      hash.update(chunk);
      length += chunk.length;
    }
    if (length !== size || hash.digest('hex') !== sha256)
      throw errors.damaged(`"${path}" is not as it was`);
    await chmod(`/proc/self/fd/${handle.fd}`, mode);
    await utimes(`/proc/self/fd/${handle.fd}`, mtimeMs / 1000, mtimeMs / 1000);
  } finally {
    for (const folder of folders) await folder[Symbol.asyncDispose]();
  }
}
