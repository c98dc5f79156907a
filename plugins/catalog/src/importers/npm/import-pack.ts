/**
 * Makes an artifact of a recipe: a folder with `package.json`, `package-lock.json`, a program, and
 * `pack.json`, which says what to leave out. Everything is installed from pinned versions with pinned
 * integrity, pruned, and packed so that the same recipe and version give the same bytes.
 */
import { cp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import type { ImportContext, ImportedArtifact } from '../importer.ts';
import { keepVersion } from './minecraft-data.ts';
import { runNpm } from './npm-client.ts';
import { removeDevelopersFiles, removePackages } from './prune.ts';
import { writeTar } from './write-tar.ts';

export interface NpmPackRequest {
  /** Absolute path of the recipe. */
  readonly recipeDir: string;
  /** For people and file names: `flying-squid`. */
  readonly name: string;
  /** The game's version, where the recipe has a choice of them. */
  readonly version: string;
}

/** `pack.json` */
const PackFile = Type.Object(
  {
    /** Packages that the program replaces or never reaches; what only they need is left out as well. */
    absent: Type.Array(Type.String()),
    /** True to keep the data of the wanted version of Minecraft alone. */
    oneMinecraftVersion: Type.Boolean(),
  },
  { additionalProperties: false },
);

const TIME_LIMIT_MS = 600_000;
/** What npm needed and a running program does not. */
const installersFiles = ['package-lock.json', 'pack.json', '.npmrc'];

export async function importNpmPack(
  request: NpmPackRequest,
  context: ImportContext,
): Promise<ImportedArtifact> {
  const { name, version } = request;
  const tree = join(context.workDir, 'tree');
  await cp(request.recipeDir, tree, {
    recursive: true,
    filter: (path) => !path.endsWith('node_modules'),
  });
  const pack = Value.Parse(PackFile, JSON.parse(await readFile(join(tree, 'pack.json'), 'utf8')));
  await install(tree, request, context);
  context.onProgress({ step: 'leaving out what is not needed', fraction: 0.8 });
  await removePackages(tree, pack.absent);
  await removeDevelopersFiles(tree);
  if (pack.oneMinecraftVersion)
    await keepVersion(join(tree, 'node_modules', 'minecraft-data'), version);
  await Promise.all(installersFiles.map((file) => rm(join(tree, file), { force: true })));
  const fileName = `${name}-${version}.tar.gz`;
  const file = join(context.workDir, fileName);
  await writeTar(tree, file, {
    signal: context.signal,
    onFile: (done, all) =>
      context.onProgress({ step: 'packing', fraction: 0.9 + (0.1 * done) / all }),
  });
  await rm(tree, { recursive: true });
  return {
    file,
    format: 'tar.gz',
    fileName,
    origin: `npm recipe ${name} for ${version} (pinned by its lockfile)`,
  };
}

async function install(
  tree: string,
  { name, version }: NpmPackRequest,
  context: ImportContext,
): Promise<void> {
  const lock = JSON.parse(await readFile(join(tree, 'package-lock.json'), 'utf8')) as {
    packages: object;
  };
  const packages = Math.max(1, Object.keys(lock.packages).length - 1);
  const step = `installing ${packages} packages`;
  let fetched = 0;
  context.onProgress({ step, fraction: 0 });
  await runNpm({
    // Relative: npm takes a prefix behind a symbolic link for another folder than the one it runs in.
    args: ['ci', '--omit=dev', '--prefix', '.'],
    cwd: tree,
    signal: context.signal,
    timeoutMs: TIME_LIMIT_MS,
    what: `${name} ${version}`,
    onLogLine: (line) => {
      if (!/^npm http (fetch|cache) /.test(line)) return;
      fetched = Math.min(fetched + 1, packages);
      context.onProgress({ step, fraction: (0.5 * fetched) / packages });
    },
  });
}
