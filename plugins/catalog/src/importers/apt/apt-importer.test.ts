/** The machine's own apt against sources on this machine: what comes in is what the index promises, or nothing. */
import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../../../test/runner/needs.ts';
import { importFault, tryImporter } from '../../testing/try-importer.ts';
import { aptImporter } from './apt-importer.ts';
import { neededLibraries } from './elf.ts';
import { publishersVersion } from './packages.ts';
import { makeSources, type LocalSources, type MadePackage } from './test/local-sources.ts';

const apt = await needs.command('apt-get');
const zlib = await needs('a library to pack', () => findLibrary('libz.so.1'));
let sources: LocalSources;

test.before.each(async () => {
  sources = await makeSources();
});
test.after.each(() => sources.remove());

async function findLibrary(name: string): Promise<string | undefined> {
  for (const folder of ['/lib', '/usr/lib']) {
    for (const each of await readdir(folder).catch(() => [])) {
      const file = join(folder, each, name);
      if (
        await stat(file).then(
          () => true,
          () => false,
        )
      )
        return file; // in one of them, or nowhere
    }
  }
  return undefined;
}

const game: MadePackage = {
  name: 'game',
  version: '2:1.4.2+dfsg-3',
  depends: 'game-data (>= 1), libgame1 | libother1, adduser',
  files: {
    'usr/games/game': '#!/bin/sh\necho playing\n',
    'usr/share/games/game/maps/one.map': 'a map',
    'usr/share/doc/game/copyright': 'Free.',
    'etc/game.conf': 'nobody asked for this',
  },
};
const library: MadePackage = {
  name: 'libgame1',
  version: '1',
  section: 'libs',
  files: { 'usr/share/doc/libgame1/copyright': 'Free as well.' },
};
const data: MadePackage = { name: 'game-data', version: '1', files: { 'usr/share/x': 'x' } };
const adduser: MadePackage = {
  name: 'adduser',
  version: '1',
  section: 'admin',
  files: { 'etc/a': '' },
};

const request = {
  packages: ['game'],
  version: '1.4.2',
  arch: process.arch,
  keep: { 'usr/games': 'bin', 'usr/share/games/game': '.' },
};

async function unpacked<T>(wanted: object, use: (folder: string) => Promise<T>): Promise<T> {
  return tryImporter(aptImporter, { ...request, ...wanted }, async ({ artifact }) => {
    const folder = await mkdtemp(join(tmpdir(), 'zlh-unpacked-'));
    try {
      await promisify(execFile)('tar', ['-xzf', artifact.file, '-C', folder]);
      return await use(folder);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
}

when(apt)('a game comes in as it was packaged, only with what it wants to keep', async () => {
  await sources.publish([game, library, data, adduser]);
  await tryImporter(aptImporter, request, ({ artifact, reports }) => {
    assert.is(artifact.fileName, `game-1.4.2-${process.arch}.tar.gz`);
    assert.match(
      artifact.origin,
      /^apt game 2:1\.4\.2\+dfsg-3 \(sha256-[0-9a-f]{64}\) with 1 other/,
    );
    assert.is(reports.at(-1)?.fraction, 1);
  });
  await unpacked({}, async (folder) => {
    const paths = await readdir(folder, { recursive: true });
    assert.equal(paths.sort(), [
      'bin',
      'bin/game',
      'copyright',
      'copyright/game',
      'copyright/libgame1',
      'maps',
      'maps/one.map',
    ]);
    const { stdout } = await promisify(execFile)(join(folder, 'bin/game'));
    assert.is(stdout, 'playing\n');
  });
});

when(apt)('the same packages always make the same artifact', async () => {
  await sources.publish([game, library, data, adduser]);
  const bytes = () => tryImporter(aptImporter, request, ({ artifact }) => readFile(artifact.file));
  assert.ok((await bytes()).equals(await bytes()));
});

when(apt, zlib)('libraries come with it, those of the C library do not', async (_apt, file) => {
  const needed = await neededLibraries(file);
  assert.ok(needed?.includes('libc.so.6'), 'it needs the C library');
  const program = { ...game, files: { ...game.files, 'usr/games/plugin.so': { copy: file } } };
  await sources.publish([program, library, data, adduser]);
  await unpacked({}, async (folder) => {
    assert.equal(await readdir(folder), ['bin', 'copyright', 'maps']);
  });
});

when(apt)('a version that is not offered is told with what there is', async () => {
  await sources.publish([game, library, data, adduser]);
  assert.is(
    await importFault(aptImporter, { ...request, version: '9.9' }),
    'CATALOG_APT_NOT_OFFERED The package sources of this machine do not offer game 9.9; they offer 1.4.2.',
  );
  assert.match(
    await importFault(aptImporter, { ...request, packages: ['chess'] }),
    'CATALOG_APT_NOT_OFFERED The package sources of this machine do not offer chess 1.4.2.',
  );
});

when(apt)('a package that is not what the index promises is refused', async () => {
  await sources.publish([game, library, data, adduser]);
  await appendFile(sources.fileOf('game'), 'evil');
  assert.match(await importFault(aptImporter, request), /^CATALOG_HASH_MISMATCH game 1\.4\.2/);
});

when(apt)('a path that no package has is named', async () => {
  await sources.publish([game, library, data, adduser]);
  assert.is(
    await importFault(aptImporter, { ...request, keep: { 'usr/bin': '.' } }),
    'CATALOG_APT_PATH game 1.4.2 has no "usr/bin" in its packages.',
  );
});

test('a machine without apt is told what to do', async () => {
  const before = process.env['PATH'];
  process.env['PATH'] = '/nonexistent';
  try {
    assert.is(
      await importFault(aptImporter, request),
      'CATALOG_APT_MISSING This game comes from Debian\'s packages, and this machine has no "apt-cache".',
    );
  } finally {
    process.env['PATH'] = before;
  }
});

test('a request that reaches outside, or names options, is refused', async () => {
  const wrong = [
    { packages: ['--purge'] },
    { packages: [] },
    { version: '1 --x' },
    { keep: { '../etc': '.' } },
    { keep: { 'usr/games': '/etc' } },
    { keep: { 'usr/games': 'a/../..' } },
    { keep: {} },
  ];
  for (const change of wrong) {
    const fault = await importFault(aptImporter, { ...request, ...change });
    assert.match(fault, 'CATALOG_IMPORT_REQUEST', JSON.stringify(change));
  }
});

test("Debian's versions are told as their publishers write them", () => {
  assert.equal(
    ['13.0-2', '5.6.1+dfsg+~1.9.0mt8+dfsg-2', '1:0.7.5-2', '2:1.2a-1', '14.1-1ubuntu2'].map(
      publishersVersion,
    ),
    ['13.0', '5.6.1', '0.7.5', '1.2a', '14.1'],
  );
});

test('what is no program needs no libraries, and nonsense is not believed', async () => {
  assert.is(await neededLibraries(import.meta.filename), undefined);
  const folder = await mkdtemp(join(tmpdir(), 'zlh-elf-'));
  const file = join(folder, 'nonsense');
  await appendFile(
    file,
    Buffer.concat([Buffer.from('\u007fELF\u0002\u0001'), Buffer.alloc(58, 0xff)]),
  );
  assert.equal(await neededLibraries(file), []);
  await rm(folder, { recursive: true });
});

test.run();
