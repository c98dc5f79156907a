/** A small disk of its own for tests of what happens when it is full; needs root. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallDisk extends Disposable {
  readonly folder: string;
  /** Takes what is left, of bytes and of names. */
  fill(): void;
  /** Gives it back. */
  free(): void;
}

/** How many files, folders and links there may be on it. */
const NAMES = 4096;

export function smallDisk(kibibytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'zlh-disk-'));
  const options = `size=${kibibytes}k,nr_inodes=${NAMES}`;
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'zlh-test', folder]);
  const ballast = join(folder, 'ballast');
  return {
    folder,
    fill() {
      mkdirSync(ballast);
      for (let bytes = 2 ** 20; bytes >= 1; bytes = Math.floor(bytes / 2))
        untilFull(() => writeFileSync(join(ballast, 'bytes'), Buffer.alloc(bytes), { flag: 'a' }));
      let name = 0;
      untilFull(() => writeFileSync(join(ballast, String(name++)), ''));
    },
    free: () => rmSync(ballast, { recursive: true }),
    [Symbol.dispose]() {
      execFileSync('umount', ['-l', folder]);
      rmdirSync(folder);
    },
  };
}

function untilFull(take: () => void): void {
  try {
    for (;;) take();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
