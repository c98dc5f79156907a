/**
 * Packs a publisher's archive anew without its outermost folder, where that folder's name changes with each release.
 * Times and owners are dropped, so the same release always gives the same bytes.
 */
import { CodedError } from '@zlh/kernel';
import { createReadStream, createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { extract, pack, type Extract, type Header, type Pack } from 'tar-stream';
import { tooLarge, upstreamMalformed } from '../errors.ts';
import { importCancelled } from './errors.ts';

export interface Repack {
  readonly upstream: string;
  /** For people: `Java 21 for linux/x64`. */
  readonly what: string;
  /** The tar.gz that came, and the one to write. */
  readonly archive: string;
  readonly file: string;
  /** Most bytes the archive may unpack to. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

/** Refuses an archive whose entries do not all lie in one common folder. */
export async function stripOutermost({
  upstream,
  what,
  archive,
  file,
  limit,
  signal,
}: Repack): Promise<void> {
  const stop = new AbortController();
  const either = { signal: AbortSignal.any([signal, stop.signal]) };
  const [entries, out] = [extract(), pack()];
  const steps = [
    pipeline(createReadStream(archive), createGunzip(), atMost(limit, what), entries, either),
    copyEntries(entries, out, (name) =>
      upstreamMalformed(upstream, `${what} has the unexpected entry "${name}"`),
    ),
    pipeline(out, createGzip({ level: 6 }), createWriteStream(file, { flags: 'wx' }), either),
  ];
  try {
    await Promise.all(steps);
  } catch (error) {
    stop.abort();
    await Promise.allSettled(steps);
    if (signal.aborted) throw importCancelled(what);
    if (error instanceof CodedError || (error as NodeJS.ErrnoException).syscall !== undefined)
      throw error;
    throw upstreamMalformed(upstream, `${what} is no sound archive (${(error as Error).message})`);
  }
}

async function copyEntries(
  entries: Extract,
  out: Pack,
  unexpected: (name: string) => CodedError,
): Promise<void> {
  let root: string | undefined;
  try {
    for await (const entry of entries) {
      const { header } = entry;
      const [first = '', ...rest] = header.name
        .replace(/^\.\//, '')
        .split('/')
        .filter((part) => part !== '');
      root ??= first;
      if (first !== root || rest.includes('..')) throw unexpected(header.name);
      if (rest.length === 0) entry.resume();
      else if (header.type === 'file')
        await pipeline(entry, out.entry(bare(header, rest.join('/'), root)));
      else {
        entry.resume();
        out.entry(bare(header, rest.join('/'), root));
      }
    }
    out.finalize();
  } catch (error) {
    out.destroy(error as Error);
    throw error;
  }
}

/** Hard links name their target from the archive's root, symbolic ones from where they are. */
function bare(
  { type, size, mode, linkname }: Header,
  name: string,
  root: string,
): Partial<Header> & { name: string } {
  const header = {
    name,
    type,
    size,
    mode: (mode & 0o755) | 0o400,
    mtime: new Date(0),
    uid: 0,
    gid: 0,
    uname: '',
    gname: '',
  };
  if (type === 'link')
    return { ...header, linkname: linkname.replace(/^\.\//, '').slice(root.length + 1) };
  return type === 'symlink' ? { ...header, linkname } : header;
}

/** Ends a gzip bomb. */
function atMost(limit: number, what: string): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > limit) done(tooLarge(`${what}, unpacked,`, limit));
      else done(null, chunk);
    },
  });
}
