/** Reads tar and tar.gz archives into a staging folder; devices, pipes and sockets are refused. */
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import type { Staging } from './staging.ts';

export async function untar(
  file: string,
  gzip: boolean,
  staging: Staging,
  signal: AbortSignal,
): Promise<void> {
  const entries = extract();
  const source = createReadStream(file, { highWaterMark: 1 << 18 });
  const fed = gzip
    ? pipeline(source, createGunzip(), entries, { signal })
    : pipeline(source, entries, { signal });
  fed.catch(() => {}); // the loop below ends with the same error, or has caused it
  for await (const entry of entries) {
    await take(staging, entry.header, Readable.from(entry));
    entry.resume();
  }
  await fed;
}

function take(staging: Staging, header: Header, content: Readable): Promise<void> | void {
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
