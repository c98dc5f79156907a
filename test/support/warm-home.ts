/**
 * A home whose store holds what scenarios play on, made once and copied by each: fetching the packages takes half a
 * minute. Made anew when the recipe or a table changes.
 */
import { execFile } from 'node:child_process';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from '../player/cache.ts';
import { repository } from './platform.ts';

export const game = {
  kind: 'game',
  game: 'minecraft',
  variant: 'flying-squid',
  version: '1.21.4',
  memoryMiB: 1024,
} as const;

export async function warmHome(): Promise<string> {
  const sources: string[] = [];
  for await (const file of glob(
    [
      'plugins/*/src/**/schema.ts',
      'plugins/database/src/*.ts',
      'plugins/catalog/recipes/flying-squid/**/*.{js,json}',
      'plugins/catalog/games/**/*.json',
    ],
    { cwd: repository },
  ))
    sources.push(join(repository, file));
  return cached(
    'warm-home',
    { files: sources.sort(), words: [String(process.getuid?.() === 0)] },
    async (folder) => {
      const args = [
        '--conditions=zlh-source',
        '--disable-warning=ExperimentalWarning',
        join(repository, 'kernel/bin/zlh.js'),
        'catalog',
        'import',
        game.game,
        game.variant,
        game.version,
      ];
      await promisify(execFile)(process.execPath, args, {
        cwd: repository,
        timeout: 300_000,
        env: {
          ...process.env,
          ZLH_HOME: folder,
          ZLH_CATALOG_REFRESH_HOURS: '0',
          ZLH_HTTP_PORT: '0',
          ZLH_PROVIDER_LOCAL_MACHINE_FOLDER: join(folder, 'machine'),
        },
      });
    },
  );
}
