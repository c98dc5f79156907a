/** A recipe comes with the platform and changes with its upgrades; what was made of an earlier one is made anew. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listFiles } from './npm/write-tar.ts';
import { NpmPackRequest, recipeDir } from './npm/npm-importers.ts';
import { parseRequest } from './ground.ts';

/** Hash over the recipe's files, a few dozen kilobytes and a lockfile. */
export async function recipeFingerprint(
  request: Readonly<Record<string, unknown>>,
): Promise<string> {
  const { recipe } = parseRequest('npm-pack', NpmPackRequest, request);
  const folder = recipeDir(recipe);
  const hash = createHash('sha256');
  for (const name of await listFiles(folder)) {
    if (name.startsWith('node_modules/')) continue;
    const content = await readFile(join(folder, name));
    hash.update(`${name}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}
