/** Installs the game client (mineflayer) into the tests' cache, without its half that is for another game. */
import { execFile } from 'node:child_process';
import { copyFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from './cache.ts';

const files = ['package.json', 'package-lock.json', '.npmrc', 'bot.js'];

/** The folder that holds `bot.js` and all it imports. `npm` is the path of an npm client. */
export function installPlayer(npm: string): Promise<string> {
  const sources = files.map((name) => join(import.meta.dirname, name));
  return cached('player', { files: sources }, async (folder) => {
    for (const name of files) await copyFile(join(import.meta.dirname, name), join(folder, name));
    const args = [
      'ci',
      '--ignore-scripts',
      '--omit=dev',
      '--no-audit',
      '--no-fund',
      '--prefix',
      folder,
    ];
    await promisify(execFile)(npm, args, { cwd: folder, timeout: 300_000 });
    const bedrock = join(folder, 'node_modules/minecraft-data/minecraft-data/data/bedrock');
    for (const version of await readdir(bedrock)) {
      if (version !== 'common') await rm(join(bedrock, version), { recursive: true });
    }
  });
}
