/**
 * `zlh plugin add | remove | list`: the plugins of a host's project, as npm packages and entries of its
 * configuration.
 *
 * Guarantees: a package that does not load as a plugin leaves project and configuration as they were.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CodedError } from '../../errors.ts';
import type { PluginReport } from '../../report.ts';
import type { Options } from '../command-line.ts';
import { load } from '../load.ts';
import { makeKernel } from '../make-kernel.ts';
import { withEntry, withoutEntry } from './configuration-lines.ts';
import { dependenciesOf, findProject, installedName, npm, type Project } from './project.ts';

export async function plugin(words: readonly string[], options: Options): Promise<number> {
  const [verb, what] = words;
  const project = findProject(options);
  if (verb === 'list' && what === undefined) await list(project);
  else if (verb === 'add' && what !== undefined) await add(project, what, options);
  else if (verb === 'remove' && what !== undefined) await remove(project, what);
  else throw wrongUse();
  return 0;
}

async function add(project: Project, what: string, options: Options): Promise<void> {
  // npm runs in the project's folder, the path was typed in this one.
  const spec = existsSync(what) ? resolve(what) : what;
  const before = dependenciesOf(project);
  await npm(project, ['install', spec]);
  const name = installedName(project, spec, before);
  const text = readFileSync(project.configuration, 'utf8');
  try {
    writeFileSync(project.configuration, withEntry(text, name));
    const kernel = await makeKernel('platform', options, 'quiet');
    const report = kernel.report().find((each) => each.name === name);
    if (report === undefined) throw notInConfiguration(name);
    if (report.error !== undefined) {
      const { code, message, hint } = report.error;
      throw new CodedError(code, message, hint);
    }
    print([`Added ${name} ${report.version}. It begins with the next start of the platform.`]);
    print(partsOf(report));
  } catch (error) {
    writeFileSync(project.configuration, text);
    if (before[name] === undefined) await npm(project, ['uninstall', name]);
    throw error;
  }
}

async function remove(project: Project, name: string): Promise<void> {
  const text = readFileSync(project.configuration, 'utf8');
  const left = withoutEntry(text, name);
  const isInstalled = name in dependenciesOf(project);
  if (left === text && !isInstalled)
    throw new CodedError(
      'kernel.plugin-not-found',
      `This project has no plugin "${name}".`,
      '"zlh plugin list" shows those there are.',
    );
  writeFileSync(project.configuration, left);
  if (isInstalled) await npm(project, ['uninstall', name]);
  print([`Removed ${name}. Its data stays; it ends with the next start of the platform.`]);
}

async function list({ configuration }: Project): Promise<void> {
  const { plugins, faults, leftOut } = await load(configuration, 'platform');
  print(plugins.map(({ name, version }) => `${name.padEnd(32)} ${version}`));
  print(leftOut.map(({ name, error }) => `${name.padEnd(32)} left out: ${error.message}`));
  print(faults.map(({ message, hint }) => `fault: ${message} ${hint}`));
}

/** Everything that the plugin asks for or brings, in the names of points and services. */
function partsOf({ needs, provides, adds, settings }: PluginReport): string[] {
  const rows = {
    needs,
    provides,
    adds: Object.entries(adds).map(([point, count]) => `${point} ×${count}`),
    settings: settings.map(({ key }) => key),
  };
  return Object.entries(rows).flatMap(([title, words]) =>
    words.length === 0 ? [] : [`  ${title.padEnd(9)} ${words.join(', ')}`],
  );
}

const print = (lines: readonly string[]) =>
  lines.forEach((line) => process.stdout.write(`${line}\n`));

const wrongUse = () =>
  new CodedError(
    'kernel.plugin-usage',
    '"zlh plugin" needs to know what to do.',
    'Write "zlh plugin add <package, folder or .tgz>", "zlh plugin remove <package>" or "zlh plugin list".',
  );

const notInConfiguration = (name: string) =>
  new CodedError(
    'kernel.plugin-switched-off',
    `The configuration leaves "${name}" out.`,
    'Its entry says "false"; give it settings, "{}", instead.',
  );
