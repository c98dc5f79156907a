/**
 * What tests install once and keep: folders in `ZLH_TEST_CACHE` (default `<repository>/.cache/test`),
 * named after the content they are made of, so that a change makes a new one and nothing is stale.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';

export const testCache =
  process.env['ZLH_TEST_CACHE'] ?? resolve(import.meta.dirname, '../../.cache/test');

/**
 * The folder for these files and words, made by `fill` when it is not there. Complete or absent: two
 * processes may make it at once, and the first to finish wins.
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
  const making = await mkdtemp(join(testCache, `.making-${name}-`));
  try {
    await fill(making);
    await rename(making, folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error; // Somebody else made it.
    });
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  return folder;
}
