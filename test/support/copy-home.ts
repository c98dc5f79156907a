/**
 * Copies a home that a scenario begins from.
 *
 * Artifacts, packed or unpacked, are never written again under their name. So they are hard links
 * where the disk allows it: thousands of files in a tenth of a second.
 */
import { chmod, copyFile, cp, link, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Folders of a home whose entries are whole or absent; names with a dot in front are work and notes. */
const immutable = ['artifacts', 'artifact-cache'];

export async function copyHome(from: string, to: string): Promise<void> {
  for (const { name } of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, name), join(to, name)];
    if (immutable.includes(name)) await linkEntries(source, target);
    else await cp(source, target, { recursive: true, preserveTimestamps: true });
  }
}

async function linkEntries(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.name.startsWith('.')) {
      await cp(source, target, { recursive: true, preserveTimestamps: true });
    } else if (entry.isDirectory()) {
      await linkEntries(source, target);
    } else await linkOrCopy(source, target);
  }
  await chmod(to, (await stat(from)).mode);
}

async function linkOrCopy(source: string, target: string): Promise<void> {
  await link(source, target).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EXDEV' && error.code !== 'EPERM') throw error;
    await copyFile(source, target); // the cache lies on another disk, or its files are another user's
  });
}
