/**
 * Reduces the package `minecraft-data`, which holds every version of the game (430 MB), to the one
 * version that is wanted and the first of its line (1.16 for 1.16.5, whose chunks are written in that
 * one's format), with the tables that these borrow from others.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '@zlh/kernel';

/** Per edition and version: table → folder that holds it, `{ blocks: 'pc/1.20.3' }`. */
type DataPaths = Readonly<
  Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>
>;
type ProtocolVersions = readonly {
  readonly minecraftVersion: string;
  readonly majorVersion: string;
}[];

const EDITION = 'pc';

/** `version` is one of the Java edition: `1.21.4`. Index files of both editions stay. */
export async function keepVersion(packageDir: string, version: string): Promise<void> {
  const data = join(packageDir, 'minecraft-data', 'data');
  const kept = await tablesOf(data, version);
  for (const edition of ['pc', 'bedrock']) {
    for (const folder of await readdir(join(data, edition))) {
      if (folder !== 'common')
        await keepTables(join(data, edition, folder), kept.get(`${edition}/${folder}`));
    }
  }
}

async function tablesOf(data: string, version: string): Promise<Map<string, Set<string>>> {
  const paths = (await readJson<DataPaths>(join(data, 'dataPaths.json')))[EDITION] ?? {};
  const versions = await readJson<ProtocolVersions>(
    join(data, EDITION, 'common', 'protocolVersions.json'),
  );
  const major = versions.find(({ minecraftVersion }) => minecraftVersion === version)?.majorVersion;
  const wanted = [paths[version], paths[major ?? '']].filter((tables) => tables !== undefined);
  if (wanted.length === 0) {
    throw new CodedError(
      'CATALOG_GAME_VERSION_UNKNOWN',
      `The package minecraft-data has no data for version ${version}.`,
      'Choose a version that the catalog offers.',
    );
  }
  const kept = new Map<string, Set<string>>();
  for (const [table, folder] of wanted.flatMap((tables) => Object.entries(tables))) {
    kept.set(folder, (kept.get(folder) ?? new Set()).add(`${table}.json`));
  }
  return kept;
}

async function keepTables(folder: string, kept: ReadonlySet<string> | undefined): Promise<void> {
  if (kept === undefined) return rm(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    if (!kept.has(name)) await rm(join(folder, name), { recursive: true });
  }
}

async function readJson<T>(file: string): Promise<T> {
  return JSON.parse(await readFile(file, 'utf8')) as T;
}
