/** Reads tar and tar.gz archives into a staging folder; devices, pipes and sockets are refused. */
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import type { Staging } from './staging.ts';

export async function untar(
  file: string,
  gzip: boolean,
  staging: Staging,
  signal: AbortSignal,
): Promise<void> {
  const entries = extract();
  entries.on('entry', (header, stream, next) => {
    const content = Readable.from(stream);
    take(staging, header, content).then(
      () => {
        content.resume();
        next();
      },
      (error: unknown) => entries.destroy(error as Error),
    );
  });
  const source = createReadStream(file, { highWaterMark: 1 << 18 });
  if (gzip) await pipeline(source, createGunzip(), entries, { signal });
  else await pipeline(source, entries, { signal });
}

interface Header {
  readonly name: string;
  readonly type?: string | null | undefined;
  readonly linkname?: string | null | undefined;
  readonly mode?: number | undefined;
}

async function take(staging: Staging, header: Header, content: Readable): Promise<void> {
  const { name, type, linkname, mode } = header;
  if (type === 'file' || type === 'contiguous-file') {
    return staging.file(name, content, ((mode ?? 0) & 0o100) !== 0);
  }
  if (type === 'directory') return isRoot(name) ? undefined : staging.folder(name);
  if (type === 'symlink') return staging.link('symlink', name, linkname ?? '');
  if (type === 'link') return staging.link('hardlink', name, linkname ?? '');
  throw staging.refuse(`holds "${name}", which is a ${type ?? 'thing of unknown kind'}`);
}

function isRoot(name: string): boolean {
  return name === '.' || name === './';
}
