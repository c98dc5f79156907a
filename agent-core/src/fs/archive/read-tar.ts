/** Reads a tar stream into an extractor. Names that are no UTF-8 keep their bytes. */
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { textOf } from '../names.ts';
import { errors } from './errors.ts';
import type { ArchiveExtractor } from './archive-extractor.ts';

interface TarEntry {
  readonly header: Header;
  [Symbol.asyncIterator](): unknown;
}

export async function readTar(
  source: Readable,
  extractor: ArchiveExtractor,
  signal: AbortSignal,
): Promise<void> {
  // Bytes as characters: a name that is no UTF-8 would be lost otherwise. What comes from a pax record is text already.
  const entries = extract({ filenameEncoding: 'latin1' } as object);
  const fed = pipeline(source, entries, { signal });
  fed.catch(() => undefined); // the loop ends with the same error, or has caused it
  for await (const entry of entries) {
    await take(extractor, entry);
    entry.resume();
  }
  await fed;
}

function take(extractor: ArchiveExtractor, entry: TarEntry): Promise<void> {
  const { header } = entry;
  const pax = (header.pax ?? {}) as Readonly<Record<string, string | undefined>>;
  const name = pax['path'] ?? fromBytes(header.name);
  const target = pax['linkpath'] ?? fromBytes(header.linkname ?? '');
  switch (header.type) {
    case 'file':
    case 'contiguous-file':
      return extractor.file(
        name,
        header.mode ?? 0,
        header.size ?? 0,
        entry as AsyncIterable<Buffer>,
      );
    case 'directory':
      return extractor.folder(name);
    case 'symlink':
      return extractor.link(name, target);
    case 'link':
      return extractor.hardLink(name, target);
    default:
      throw errors.special(name);
  }
}

const fromBytes = (latin1: string) => textOf(Buffer.from(latin1, 'latin1'));
