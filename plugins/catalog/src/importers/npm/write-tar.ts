/**
 * Writes a folder as tar.gz such that equal files give equal bytes, whoever packs them and when:
 * sorted by name, without times, owners and folders' entries, with one of two modes.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack, type Pack } from 'tar-stream';

export interface TarResult {
  readonly files: number;
  /** Sum of the files' sizes in bytes, before compression. */
  readonly bytes: number;
}

/** `onFile` hears how many of how many files are in. Refuses anything but files and folders. */
export async function writeTar(
  root: string,
  target: string,
  options: { readonly signal: AbortSignal; readonly onFile?: (done: number, all: number) => void },
): Promise<TarResult> {
  const paths = await listFiles(root);
  const tar = pack();
  let bytes = 0;
  const fill = async () => {
    for (const [index, path] of paths.entries()) {
      bytes += await addFile(tar, root, path);
      options.onFile?.(index + 1, paths.length);
    }
    tar.finalize();
  };
  const written = pipeline(tar, createGzip(), createWriteStream(target), {
    signal: options.signal,
  });
  // Either may fail first; the other then ends with it.
  await Promise.all([written, fill().catch((error: unknown) => tar.destroy(error as Error))]);
  return { files: paths.length, bytes };
}

/** Relative paths of all files below a folder, in the order of their bytes. */
export async function listFiles(root: string): Promise<string[]> {
  const found: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) await walk(path);
      else if (entry.isFile()) found.push(path);
      else throw new Error(`"${path}" is neither a file nor a folder`);
    }
  };
  await walk('');
  return found.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

async function addFile(tar: Pack, root: string, name: string): Promise<number> {
  const file = join(root, name);
  const { size, mode } = await lstat(file);
  const header = {
    name,
    size,
    mode: mode & 0o100 ? 0o755 : 0o644,
    mtime: new Date(0),
    uid: 0,
    gid: 0,
    uname: '',
    gname: '',
  };
  const done = Promise.withResolvers<void>();
  const entry = tar.entry(header, (error) => (error ? done.reject(error) : done.resolve()));
  await Promise.all([pipeline(createReadStream(file), entry), done.promise]);
  return size;
}
