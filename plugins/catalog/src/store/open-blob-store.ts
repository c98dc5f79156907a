/** Where blobs lie, as the settings say. Another kind of store is chosen here. */
import { isAbsolute, join } from 'node:path';
import { LocalFolderBlobStore } from './local-folder.ts';

interface Ground {
  readonly config: { readonly store?: string };
  /** Absolute. */
  readonly home: string;
}

export function openBlobStore(ground: Ground): LocalFolderBlobStore {
  return new LocalFolderBlobStore(folderOf(ground));
}

/** Where imports are under way: on the same file system, so that finished files are moved, not copied. */
export function workFolder(ground: Ground): string {
  return join(folderOf(ground), 'imports');
}

function folderOf({ config: { store = 'artifacts' }, home }: Ground): string {
  return isAbsolute(store) ? store : join(home, store);
}
