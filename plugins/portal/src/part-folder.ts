/** A plugin's folder of built modules, held in memory under the hash of everything in it. */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { readFiles, type PortalFile } from './files.ts';

export interface PartFolder {
  /** Of all paths and contents: another build has another address. */
  readonly hash: string;
  readonly files: ReadonlyMap<string, PortalFile>;
}

export function readPartFolder(folder: URL): PartFolder {
  const files = readFiles(fileURLToPath(folder), () => true);
  const hash = createHash('sha256');
  for (const [path, { etag }] of [...files].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`${path} ${etag}\n`);
  return { hash: hash.digest('hex').slice(0, 16), files };
}
