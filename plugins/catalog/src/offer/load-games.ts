/**
 * Reads games and runtimes from files: those that come with the catalog, and those a host put into
 * `<home>/games/` and `<home>/runtimes/`. A faulty file is left out and reported; the others stay on offer.
 *
 *   games/<name>.json            one game, as told at `GameTemplate`
 *   games/<name>/game.json       the same without `variants`, which lists the names of files beside it
 *   runtimes/<name>.json         a list of `RuntimeTemplate`
 *
 * A second file of the same game id adds its variants to the first.
 */
import { isUtf8 } from 'node:buffer';
import type { Dirent } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GameTemplate, RuntimeTemplate } from '../template.ts';
import { checkGame, checkRuntime, type TemplateFault } from './check-template.ts';

/** What was found wrong: which file, where in it, and what. */
export interface FileFault extends TemplateFault {
  readonly file: string;
}

/** A value and where it came from: a path, or the plugin that contributed it. */
export interface Sourced {
  readonly source: string;
  readonly value: unknown;
}

export interface LoadedGames {
  readonly games: readonly GameTemplate[];
  readonly runtimes: readonly RuntimeTemplate[];
  readonly faults: readonly FileFault[];
}

/** The folder that comes with the catalog; beside `src` and `dist` alike. */
const ownFolder = fileURLToPath(new URL('../../', import.meta.url));

export interface LoadOptions {
  /** The host's folder. */
  readonly home: string;
  /** Undefined: whether an importer exists is not checked. */
  readonly importers: ReadonlySet<string> | undefined;
  /** What plugins contributed. */
  readonly games: readonly Sourced[];
  readonly runtimes: readonly Sourced[];
}

export async function loadGames(options: LoadOptions): Promise<LoadedGames> {
  const faults: FileFault[] = [];
  const folders = [ownFolder, options.home];
  const runtimes: RuntimeTemplate[] = [];
  const runtimeFiles = (
    await Promise.all(folders.map((folder) => readFolder(join(folder, 'runtimes'), faults)))
  ).flat();
  for (const { source, value } of [...runtimeFiles.flatMap(listed), ...options.runtimes]) {
    const found = checkRuntime(value, options.importers);
    faults.push(...found.map((fault) => ({ file: source, ...fault })));
    if (found.length === 0) addRuntime(runtimes, value as RuntimeTemplate, source, faults);
  }
  const games = new Map<string, GameTemplate>();
  const known = { importers: options.importers, runtimes: new Set(runtimes.map(({ id }) => id)) };
  const gameFiles = (
    await Promise.all(folders.map((folder) => readFolder(join(folder, 'games'), faults)))
  ).flat();
  for (const { source, value } of [...gameFiles, ...options.games]) {
    const found = checkGame(value, known);
    faults.push(...found.map((fault) => ({ file: source, ...fault })));
    if (found.length === 0) addGame(games, value as GameTemplate, source, faults);
  }
  return { games: [...games.values()], runtimes, faults };
}

function addRuntime(
  runtimes: RuntimeTemplate[],
  runtime: RuntimeTemplate,
  file: string,
  faults: FileFault[],
): void {
  if (runtimes.some(({ id }) => id === runtime.id))
    faults.push({ file, path: '/id', message: `is the id of another runtime: "${runtime.id}"` });
  else runtimes.push(runtime);
}

function addGame(
  games: Map<string, GameTemplate>,
  game: GameTemplate,
  file: string,
  faults: FileFault[],
): void {
  const before = games.get(game.id);
  const taken = game.variants.find(({ id }) =>
    before?.variants.some((variant) => variant.id === id),
  );
  if (taken !== undefined)
    faults.push({
      file,
      path: '/variants',
      message: `has a variant that "${game.id}" has already: "${taken.id}"`,
    });
  else
    games.set(
      game.id,
      before === undefined ? game : { ...before, variants: [...before.variants, ...game.variants] },
    );
}

/** A file of runtimes holds a list; anything else is refused by the check. */
function listed({ source, value }: Sourced): Sourced[] {
  return Array.isArray(value)
    ? value.map((item: unknown) => ({ source, value: item }))
    : [{ source, value }];
}

async function readFolder(folder: string, faults: FileFault[]): Promise<Sourced[]> {
  const found: Sourced[] = [];
  for (const entry of await entriesOf(folder)) {
    const path = join(folder, entry.name);
    const value = entry.isDirectory()
      ? await readGameFolder(path, faults)
      : entry.name.endsWith('.json')
        ? await readJson(path, faults)
        : undefined;
    if (value !== undefined)
      found.push({ source: entry.isDirectory() ? join(path, 'game.json') : path, value });
  }
  return found;
}

async function readGameFolder(folder: string, faults: FileFault[]): Promise<unknown> {
  const game = (await readJson(join(folder, 'game.json'), faults)) as
    | { variants?: unknown }
    | undefined;
  if (!Array.isArray(game?.variants)) return game;
  const names = game.variants.filter(
    (name): name is string => typeof name === 'string' && /^[a-z0-9-]+$/.test(name),
  );
  const variants = await Promise.all(
    names.map((name) => readJson(join(folder, `${name}.json`), faults)),
  );
  return variants.includes(undefined) ? undefined : { ...game, variants };
}

/** Games of many files come first. */
async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const rank = (entry: Dirent) => (entry.isDirectory() ? 0 : 1);
    return entries.sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function readJson(file: string, faults: FileFault[]): Promise<unknown> {
  try {
    const bytes = await readFile(file);
    if (!isUtf8(bytes)) throw new Error('it is not UTF-8');
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    faults.push({
      file,
      path: '',
      message: code === undefined ? `is not JSON: ${message}` : `cannot be read (${code})`,
    });
    return undefined;
  }
}
