/**
 * Package sources on this machine: packages made here, described in an index as Debian writes it, and a configuration
 * that shows apt nothing else. For tests of the importer.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface MadePackage {
  readonly name: string;
  readonly version: string;
  readonly section?: string;
  readonly depends?: string;
  /** Path → content, or a file of this machine to copy. */
  readonly files: Readonly<Record<string, string | { readonly copy: string }>>;
}

export interface LocalSources {
  readonly folder: string;
  /** Makes packages and describes them; those of before go. */
  publish(packages: readonly MadePackage[]): Promise<void>;
  /** The file of a package, to be tampered with. */
  fileOf(name: string): string;
  remove(): Promise<void>;
}

/** Sets `APT_CONFIG` for this process until `remove`. */
export async function makeSources(): Promise<LocalSources> {
  const folder = await mkdtemp(join(tmpdir(), 'zlh-apt-'));
  const before = process.env['APT_CONFIG'];
  const pool = join(folder, 'pool');
  for (const path of ['pool', 'etc', 'state/lists/partial', 'cache/archives/partial'])
    await mkdir(join(folder, path), { recursive: true });
  await writeFile(join(folder, 'etc/sources.list'), `deb [trusted=yes] file:${pool} ./\n`);
  const settings = {
    'Dir::Etc::SourceList': join(folder, 'etc/sources.list'),
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::State': join(folder, 'state'),
    'Dir::Cache': join(folder, 'cache'),
    'APT::Sandbox::User': 'root',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";\n`);
  await writeFile(join(folder, 'apt.conf'), lines.join(''));
  process.env['APT_CONFIG'] = join(folder, 'apt.conf');
  return {
    folder,
    async publish(packages) {
      await rm(pool, { recursive: true });
      await mkdir(pool);
      const index = [];
      for (const each of packages) index.push(await build(folder, pool, each));
      await writeFile(join(pool, 'Packages'), index.join('\n'));
    },
    fileOf: (name) => join(pool, `${name}.deb`),
    async remove() {
      if (before === undefined) delete process.env['APT_CONFIG'];
      else process.env['APT_CONFIG'] = before;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function build(folder: string, pool: string, made: MadePackage): Promise<string> {
  const root = await mkdtemp(join(folder, 'build-'));
  for (const [path, content] of Object.entries(made.files)) {
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    if (typeof content === 'string') await writeFile(file, content, { mode: 0o755 });
    else await cp(content.copy, file, { dereference: true });
  }
  const fields = [
    `Package: ${made.name}`,
    `Version: ${made.version}`,
    `Architecture: all`,
    `Section: ${made.section ?? 'games'}`,
    ...(made.depends === undefined ? [] : [`Depends: ${made.depends}`]),
    'Maintainer: Nobody <nobody@example.org>',
    'Description: a package of a test',
  ];
  await mkdir(join(root, 'DEBIAN'));
  await writeFile(join(root, 'DEBIAN/control'), `${fields.join('\n')}\n`);
  const file = join(pool, `${made.name}.deb`);
  await run('dpkg-deb', ['--root-owner-group', '--build', root, file]);
  const bytes = await readFile(file);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const about = [`Filename: ./${made.name}.deb`, `Size: ${bytes.length}`, `SHA256: ${sha256}`];
  return `${[...fields, ...about].join('\n')}\n`;
}
