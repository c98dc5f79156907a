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

/** What is played from Debian's packages. */
export const debianGames = [
  { game: 'openttd', variant: 'debian', version: '13.0' },
  { game: 'luanti', variant: 'debian', version: '5.6.1' },
  { game: 'teeworlds', variant: 'debian', version: '0.7.5' },
] as const;

interface Choice {
  readonly game: string;
  readonly variant: string;
  readonly version: string;
}

export const warmHome = (): Promise<string> => homeWith('warm-home', [game]);

/** The same with games from Debian's packages. */
export const debianHome = (): Promise<string> => homeWith('debian-home', debianGames);

async function homeWith(name: string, choices: readonly Choice[]): Promise<string> {
  const sources: string[] = [];
  for await (const file of glob(
    [
      'plugins/*/src/**/schema.ts',
      'plugins/database/src/*.ts',
      'plugins/catalog/recipes/flying-squid/**/*.{js,json}',
      'plugins/catalog/games/**/*.json',
      'plugins/catalog/src/importers/apt/*.ts',
    ],
    { cwd: repository },
  ))
    sources.push(join(repository, file));
  return cached(
    name,
    { files: sources.sort(), words: [String(process.getuid?.() === 0)] },
    async (folder) => {
      for (const choice of choices) await importInto(folder, choice);
    },
  );
}

async function importInto(folder: string, { game, variant, version }: Choice): Promise<void> {
  const zlh = join(repository, 'kernel/bin/zlh.js');
  const flags = ['--conditions=zlh-source', '--disable-warning=ExperimentalWarning'];
  const args = [...flags, zlh, 'catalog', 'import', game, variant, version];
  await promisify(execFile)(process.execPath, args, {
    cwd: repository,
    timeout: 300_000,
    env: {
      ...process.env,
      ZLH_HOME: folder,
      ZLH_CATALOG_REFRESH_HOURS: '0',
      ZLH_PROVIDER_LOCAL_MACHINE_FOLDER: join(folder, 'machine'),
    },
  });
}
