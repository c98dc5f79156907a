/**
 * Homes that scenarios begin from, made once below `ZLH_TEST_CACHE` and copied by each.
 *
 * The games in their stores take half a minute to fetch; what agents unpack and compile of them takes
 * seconds in each home. Made anew when a recipe, a table or the layout of unpacked artifacts changes.
 */
import { execFile } from 'node:child_process';
import { cp, glob } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from '../player/cache.ts';
import type { Accepted } from './client.ts';
import { copyHome } from './copy-home.ts';
import { repository, TestPlatform } from './platform.ts';
import { offerShellGame, shellGame } from './shell-game.ts';

export const game = {
  kind: 'game',
  game: 'minecraft',
  variant: 'flying-squid',
  version: '1.21.4',
  memoryMiB: 1024,
} as const;

/** Games from Debian's packages. */
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

/** A home with a database and compiled agents, for scenarios that need no game's download. */
export const plainHome = (): Promise<string> => homeWith('plain-home', []);

/** The same with the game that players join. */
export const warmHome = (): Promise<string> => homeWith('warm-home', [game]);

/** With games from Debian's packages. */
export const debianHome = (): Promise<string> => homeWith('debian-home', debianGames);

async function homeWith(name: string, choices: readonly Choice[]): Promise<string> {
  const imported = await withSources(`${name}-imported`, imports, async (folder) => {
    for (const choice of choices) await importInto(folder, choice);
    if (choices.length === 0) await makeDatabase(folder);
  });
  return withSources(name, [...imports, ...unpacking], async (folder) => {
    await copyHome(imported, folder);
    await unpackIn(imported, folder, choices);
  });
}

/** The sources of a home's database and store. */
const imports = [
  'plugins/*/src/**/schema.ts',
  'plugins/database/src/*.ts',
  'plugins/catalog/recipes/flying-squid/**/*.{js,json}',
  'plugins/catalog/games/**/*.json',
  'plugins/catalog/src/importers/apt/*.ts',
];
/** The sources of unpacked artifacts. */
const unpacking = ['agent-core/src/install/*.ts'];

async function withSources(
  name: string,
  patterns: readonly string[],
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const sources: string[] = [];
  for await (const file of glob(patterns, { cwd: repository, exclude: ['**/*.test.ts'] }))
    sources.push(join(repository, file));
  const words = [String(process.getuid?.() === 0)];
  return cached(name, { files: sources.sort(), words }, fill);
}

/** As the first start does. Nobody is administrator yet. */
async function makeDatabase(home: string): Promise<void> {
  const nobody = { ZLH_ACCOUNTS_ADMIN_EMAIL: '', ZLH_ACCOUNTS_ADMIN_PASSWORD: '' };
  const platform = await TestPlatform.start({ home, env: nobody });
  await platform.stop();
}

/** Creates a server of each game in a copy, and takes over what its agent has unpacked and compiled. */
async function unpackIn(from: string, to: string, choices: readonly Choice[]): Promise<void> {
  const platform = await TestPlatform.make({ from });
  await offerShellGame(platform.home);
  await platform.start();
  try {
    const client = await platform.admin();
    for (const choice of [shellGame, ...choices]) {
      const body = { kind: 'game', name: choice.game, ...choice };
      const { operation } = await client.ask<Accepted>('POST', '/api/instances', body);
      const { state, error } = await client.untilOver(operation.id);
      if (state !== 'succeeded') throw new Error(`${choice.game}: ${JSON.stringify(error)}`);
    }
    await platform.stop();
    for (const name of ['artifact-cache', 'cache']) {
      await cp(join(platform.home, name), join(to, name), { recursive: true, filter: isOfNobody });
    }
  } finally {
    await platform.remove();
  }
}

/** Notes of agents that are gone with their home. */
const isOfNobody = (path: string) => !/^\.(uses|work)$/.test(basename(path));

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
