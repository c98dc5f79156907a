/** A host's project: the folder with the `package.json` above its configuration, and npm in it. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { CodedError } from '../../errors.ts';
import { findConfiguration } from '../configuration.ts';
import type { Options } from '../command-line.ts';

export interface Project {
  readonly folder: string;
  /** The platform's configuration. */
  readonly configuration: string;
}

export function findProject({ config }: Options): Project {
  const configuration = findConfiguration('platform', config);
  for (let folder = dirname(configuration); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return { folder, configuration };
    if (folder === dirname(folder)) break;
  }
  throw new CodedError(
    'kernel.no-project',
    `No folder above "${configuration}" has a package.json.`,
    'Run "npm init" in the folder of your configuration.',
  );
}

type Dependencies = Readonly<Record<string, string>>;

export function dependenciesOf({ folder }: Project): Dependencies {
  const text = readFileSync(join(folder, 'package.json'), 'utf8');
  return (JSON.parse(text) as { readonly dependencies?: Dependencies }).dependencies ?? {};
}

/**
 * The package that an installation of `spec` has brought: the new one, or the one that stands for the
 * same path.
 */
export function installedName(project: Project, spec: string, before: Dependencies): string {
  const after = dependenciesOf(project);
  const path = resolve(spec);
  const isSame = (range: string) =>
    range.startsWith('file:') && resolve(project.folder, range.slice('file:'.length)) === path;
  const names = Object.keys(after);
  const name =
    names.find((each) => after[each] !== before[each]) ??
    names.find((each) => isSame(after[each]!)) ??
    names.find((each) => spec === each || spec.startsWith(`${each}@`));
  if (name !== undefined) return name;
  throw new CodedError(
    'kernel.plugin-not-installed',
    `npm installed nothing for "${spec}".`,
    'Name a package, a folder or a .tgz file.',
  );
}

/** Its output is the user's to read; rejects when it fails. */
export async function npm({ folder }: Project, args: readonly string[]): Promise<void> {
  const all = [...args, '--no-audit', '--no-fund', '--loglevel=error'];
  const child = spawn('npm', all, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
  const code = await new Promise<number | null>((done, fail) => {
    child.once('error', fail);
    child.once('close', done);
  });
  if (code === 0) return;
  throw new CodedError(
    'kernel.npm-failed',
    `"npm ${args.join(' ')}" failed in "${folder}".`,
    'Its own words stand above.',
  );
}
