/**
 * What tests install once and keep: folders in `ZLH_TEST_CACHE` (default `<repository>/.cache/test`),
 * named after the content they are made of, so that a change makes a new one and nothing is stale.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export const testCache =
  process.env['ZLH_TEST_CACHE'] ?? resolve(import.meta.dirname, '../../.cache/test');

/**
 * The folder for these files and words, made by `fill` when it is not there. Complete or absent: of
 * several processes that want it at once one makes it, and the others wait for that one.
 */
export async function cached(
  name: string,
  sources: { readonly files: readonly string[]; readonly words?: readonly string[] },
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(sources.words ?? []));
  for (const file of sources.files) hash.update(await readFile(file));
  const folder = join(testCache, `${name}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  await mkdir(testCache, { recursive: true });
  const unlock = await lock(`${folder}.lock`);
  const making = await mkdtemp(join(testCache, `.making-${name}-`));
  try {
    if (existsSync(folder)) return folder; // it was made while this process waited
    await fill(making);
    await rename(making, folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error; // Two took over one dead lock.
    });
  } finally {
    await rm(making, { recursive: true, force: true });
    await unlock();
  }
  return folder;
}

/** Waits for whoever holds it; a holder that has ended holds nothing. */
async function lock(path: string): Promise<() => Promise<void>> {
  for (;;) {
    try {
      await symlink(String(process.pid), path);
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = await readlink(path).catch(() => undefined); // it was let go meanwhile
    if (holder !== undefined && !existsSync(`/proc/${holder}`)) await rm(path, { force: true });
    else await delay(100); // another process, which tells nobody when it is done
  }
}
