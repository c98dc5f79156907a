/**
 * The folder that a socket lies in, opened. Guarantees: the folder belongs to the own user and nobody else may enter it, so
 * whoever listens in it is the own user, too. The check is made on the open folder, which nobody can exchange.
 */
import { closeSync, constants, fstatSync, mkdirSync, openSync } from 'node:fs';
import { errors } from '../errors.ts';

export interface PrivateFolder {
  /** Means this very folder, wherever its name leads by now; short enough for a socket's path. */
  readonly path: string;
  close(): void;
}

/** @throws CodedError KERNEL_SOCKET_FOLDER_EXPOSED; what the system answers where there is no such folder */
export function openPrivateFolder(folder: string): PrivateFolder {
  const fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  const { uid, mode } = fstatSync(fd);
  if (uid !== process.geteuid!() || (mode & 0o077) !== 0) {
    closeSync(fd);
    throw errors.socketFolderExposed(folder);
  }
  let open = true;
  return {
    path: `/proc/self/fd/${fd}`,
    close() {
      if (open) closeSync(fd);
      open = false;
    },
  };
}

/** Makes it, closed to others, where it is missing. One that is there already is not changed. */
export function makePrivateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
}
