/** Reads zip archives into a staging folder; yauzl checks the sizes it was promised. */
import { text } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { open, type Entry, type Options, type ZipFile } from 'yauzl';
import type { Staging } from './staging.ts';

const TYPE = 0o170_000;
const SYMLINK = 0o120_000;
const FOLDER = 0o040_000;
const REGULAR = 0o100_000;
const MAX_LINK = 4096;

const openZip = promisify(open as (path: string, options: Options, done: Done<ZipFile>) => void);
type Done<T> = (error: Error | null, value: T) => void;

export async function unzip(file: string, staging: Staging, signal: AbortSignal): Promise<void> {
  const options = { lazyEntries: true, autoClose: false, strictFileNames: true };
  const zip = await openZip(file, options);
  try {
    await new Promise<void>((resolve, reject) => {
      zip.on('error', reject);
      zip.on('end', resolve);
      zip.on('entry', (entry: Entry) => {
        signal.throwIfAborted();
        take(zip, entry, staging).then(() => zip.readEntry(), reject);
      });
      zip.readEntry();
    });
    signal.throwIfAborted();
  } finally {
    zip.close();
  }
}

async function take(zip: ZipFile, entry: Entry, staging: Staging): Promise<void> {
  const { fileName: name } = entry;
  // Archives made on other systems carry no Unix mode; then a trailing slash makes a folder.
  const mode = entry.versionMadeBy >> 8 === 3 ? entry.externalFileAttributes >>> 16 : 0;
  const type = (mode & TYPE) === 0 ? (name.endsWith('/') ? FOLDER : REGULAR) : mode & TYPE;
  if (type === FOLDER) return staging.folder(name);
  const encrypted = (entry.generalPurposeBitFlag & 1) !== 0;
  if (encrypted) throw staging.refuse(`holds "${name}", which is encrypted`);
  if (type === REGULAR)
    return staging.file(name, await contentOf(zip, entry), (mode & 0o100) !== 0);
  if (type !== SYMLINK || entry.uncompressedSize > MAX_LINK) {
    throw staging.refuse(`holds "${name}", which is no file, folder or link`);
  }
  staging.link('symlink', name, await text(await contentOf(zip, entry)));
}

function contentOf(zip: ZipFile, entry: Entry): Promise<Readable> {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream)));
  });
}
