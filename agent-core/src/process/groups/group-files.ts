/**
 * The few things control groups are made of: folders that the kernel fills, and small files in them.
 * Kept behind an interface, because a machine has one version of control groups at a time and both are tested.
 */
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';

export interface GroupFiles {
  /** Undefined when it is not there or may not be read. */
  read(path: string): string | undefined;
  /** The calls below throw what the kernel answers: EACCES, EROFS, EBUSY, ENOENT, EINVAL. */
  write(path: string, content: string): void;
  make(folder: string): void;
  /** A missing folder is a removed one. */
  remove(folder: string): void;
  /** Names of the groups inside. */
  list(folder: string): string[];
  /** Since it was made; 0 when it is gone. */
  ageMs(folder: string): number;
}

export const kernelGroupFiles: GroupFiles = {
  read(path) {
    try {
      return readFileSync(path, 'latin1');
    } catch {
      return undefined; // no such controller, no such group, or not for us
    }
  },
  write: (path, content) => writeFileSync(path, content),
  make(folder) {
    mkdirSync(folder);
    // The program reads its limits there, and sizes its heap by them; it has another user, and umask is 027.
    chmodSync(folder, 0o755);
  },
  remove(folder) {
    try {
      rmdirSync(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  },
  list: (folder) =>
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name),
  ageMs: (folder) =>
    Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()),
};
