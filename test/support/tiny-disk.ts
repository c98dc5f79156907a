/** A disk of a few mebibytes that a scenario can fill and enlarge: a tmpfs of its own. Needs the permission to mount. */
import { execFile } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export class TinyDisk {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Lies at the folder from now on, and hides what was in it. */
  static async mount(folder: string, mebibytes: number): Promise<TinyDisk> {
    await mkdir(folder, { recursive: true });
    await execute('mount', [
      '-t',
      'tmpfs',
      '-o',
      `size=${mebibytes}m,mode=711`,
      'zlh-test',
      folder,
    ]);
    return new TinyDisk(folder);
  }

  /** As if a bigger one had been put in its place. */
  async resize(mebibytes: number): Promise<void> {
    await execute('mount', ['-o', `remount,size=${mebibytes}m`, this.folder]);
  }

  /** Not a byte is left, until `free`. */
  async fill(): Promise<void> {
    for (let name = 0; this.free > 0; name++)
      await writeFile(join(this.folder, `.filler-${name}`), Buffer.alloc(this.free)).catch(
        (error: NodeJS.ErrnoException) => {
          if (error.code !== 'ENOSPC') throw error; // somebody else wrote meanwhile: once more
        },
      );
  }

  async empty(): Promise<void> {
    for (let name = 0; name < 100; name++)
      await rm(join(this.folder, `.filler-${name}`), { force: true });
  }

  /** In bytes. */
  get free(): number {
    const { bavail, bsize } = statfsSync(this.folder);
    return bavail * bsize;
  }

  async unmount(): Promise<void> {
    await execute('umount', ['--lazy', this.folder]);
  }
}
