/**
 * Decoders of compressed streams. Guarantees: every decoded byte counts against the limits of the archive.
 */
import { spawn } from 'node:child_process';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { FileOwner } from '../../contract/ground.ts';
import { errors } from './errors.ts';
import type { ArchiveExtractor } from './archive-extractor.ts';

export const compressions = ['gzip', 'zstd', 'xz'] as const;
export type Compression = (typeof compressions)[number];

/** More than any level of xz asks for. */
const xzMemory = '128MiB';

interface Decoding {
  readonly extractor: ArchiveExtractor;
  readonly signal: AbortSignal;
  /** The user that runs xz; null: the user of the agent. */
  readonly owner: FileOwner | null;
}

/** The returned stream fails with the fault of the source or of the decoder. */
export function decode(source: Readable, compression: Compression, options: Decoding): Readable {
  const { extractor, signal, owner } = options;
  const counted = countedBy(extractor);
  const decoded =
    compression === 'gzip'
      ? pipeline(source, createGunzip(), counted, { signal })
      : compression === 'zstd'
        ? pipeline(source, createZstdDecompress(), counted, { signal })
        : pipeline(source, (bytes) => unxz(bytes, owner), counted, { signal });
  decoded.catch(() => undefined); // `counted` is destroyed with the same error
  return counted;
}

/** Zeros behind the end of a tar, records about nothing: a bomb need not hold any content. */
function countedBy(extractor: ArchiveExtractor): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        extractor.decoded((bytes += chunk.length));
        done(null, chunk);
      } catch (error) {
        done(error as Error);
      }
    },
  });
}

/** By the xz of the system, which its distribution keeps safe: Node has none, and no library does it well. */
async function* unxz(
  source: AsyncIterable<Buffer>,
  owner: FileOwner | null,
): AsyncGenerator<Buffer, void> {
  const args = ['--decompress', '--stdout', '--quiet', `--memlimit-decompress=${xzMemory}`];
  const child = spawn('xz', args, {
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' },
    cwd: '/',
    stdio: ['pipe', 'pipe', 'pipe'],
    ...owner,
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ENOENT' ? errors.xzMissing() : error),
    );
    child.once('close', resolve);
  });
  ended.catch(() => undefined); // heard of below
  const fed = pipeline(Readable.from(source, { objectMode: false }), child.stdin);
  fed.catch(() => undefined); // xz says more of what is wrong
  let said = '';
  child.stderr.on('data', (bytes: Buffer) => {
    said = (said + bytes.toString()).slice(0, 500);
  });
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer;
    if ((await ended) !== 0)
      throw new Error(said.trim().replace(/^xz: (\(stdin\): )?/, '') || 'xz failed');
    await fed;
  } finally {
    child.kill('SIGKILL');
  }
}
