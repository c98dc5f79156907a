/** Unpacks a downloaded artifact into the cache of the machine, read-only and as it is: what is odd in it is refused. */
import { open } from 'node:fs/promises';
import type { ArtifactFormat } from '../contract/spec.ts';
import { ArchiveExtractor, type ExtractionLimits } from '../fs/archive/archive-extractor.ts';
import { decode } from '../fs/archive/decoders.ts';
import { readTar } from '../fs/archive/read-tar.ts';
import { readZip } from '../fs/archive/read-zip.ts';

export const defaultLimits: ExtractionLimits = {
  entries: 200_000,
  bytes: 32 * 2 ** 30,
  ratio: 200,
  names: 16 * 2 ** 20,
  depth: 64,
};

interface Target {
  /** Absolute path of a folder that is there and empty. */
  readonly root: string;
  readonly archiveBytes: number;
  readonly limits: ExtractionLimits;
}

export async function unpackArtifact(
  file: string,
  format: ArtifactFormat,
  target: Target,
  signal: AbortSignal,
): Promise<void> {
  const extractor = new ArchiveExtractor({
    ...target,
    owner: null,
    modes: { program: 0o555, file: 0o444, folder: 0o755 },
    isStrict: true,
    grow: () => undefined,
  });
  await using handle = await open(file);
  if (format === 'zip') {
    const { size } = await handle.stat();
    await readZip(handle, size, extractor, signal, () => undefined);
  } else {
    const source = handle.createReadStream({ autoClose: false, highWaterMark: 1 << 18 });
    const options = { extractor, signal, owner: null };
    const tar = format === 'tar.gz' ? decode(source, 'gzip', options) : source;
    await readTar(tar, extractor, signal);
  }
  await extractor.finish(signal);
}
