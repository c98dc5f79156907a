/** Pruning removes what is never read, keeps what is, and keeps every licence. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { keepVersion } from './minecraft-data.ts';
import { removeDevelopersFiles, removePackages } from './prune.ts';
import { listFiles } from './write-tar.ts';

let root: string;
test.before.each(async () => {
  root = await mkdtemp(join(tmpdir(), 'zlh-prune-'));
});
test.after.each(() => rm(root, { recursive: true, force: true }));

async function write(files: Record<string, unknown>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(
      join(root, path),
      typeof content === 'string' ? content : JSON.stringify(content),
    );
  }
}

test('absent packages go with what only they need, and what others need stays', async () => {
  await write({
    'package-lock.json': {
      packages: {
        '': { dependencies: { app: '1' } },
        'node_modules/app': {
          dependencies: { auth: '1', shared: '1' },
          optionalDependencies: { extra: '1' },
        },
        'node_modules/app/node_modules/shared': { dependencies: { deep: '1' } },
        'node_modules/auth': { dependencies: { '@scope/cloud': '1', shared: '1' } },
        'node_modules/@scope/cloud': {},
        'node_modules/shared': {},
        'node_modules/deep': {},
        'node_modules/extra': {},
      },
    },
    'node_modules/app/index.js': '',
    'node_modules/app/node_modules/shared/index.js': '',
    'node_modules/auth/index.js': '',
    'node_modules/@scope/cloud/index.js': '',
    'node_modules/shared/index.js': '',
    'node_modules/deep/index.js': '',
    'node_modules/extra/index.js': '',
  });
  await removePackages(root, ['auth']);
  assert.equal(await listFiles(root), [
    'node_modules/app/index.js',
    'node_modules/app/node_modules/shared/index.js',
    'node_modules/deep/index.js',
    'node_modules/extra/index.js',
    'package-lock.json',
  ]);
});

test("a package keeps its code, data and licence and loses its developers' files", async () => {
  const kept = [
    'LICENSE',
    'LICENSE.md',
    'index.js',
    'lib/data.json',
    'lib/docs/page.js',
    'lib/test/helper.js',
    'package.json',
  ];
  const lost = [
    'README.md',
    'index.d.ts',
    'index.js.map',
    'test/index.js',
    'docs/a.js',
    '.eslintrc',
    '.github/x.yml',
    'src/only.ts',
    'tsconfig.json',
  ];
  const inside = (paths: string[], name: string) =>
    paths.map((path) => `node_modules/${name}/${path}`);
  const names = ['@scope/a', 'b', 'b/node_modules/test'];
  await write(
    Object.fromEntries(
      names.flatMap((name) => inside([...kept, ...lost], name)).map((path) => [path, '']),
    ),
  );
  await write({
    'node_modules/.bin/tool': '',
    'node_modules/.package-lock.json': '',
    'lib/README.md': 'the recipe is not a package',
  });
  await removeDevelopersFiles(root);
  const left = ['lib/README.md', ...names.flatMap((name) => inside(kept, name))].sort();
  assert.equal(await listFiles(root), left);
});

test('of all game versions the wanted one stays, with the tables it borrows', async () => {
  const data = 'minecraft-data/data';
  await write({
    [`${data}/dataPaths.json`]: {
      pc: { '1.8': { blocks: 'pc/1.8' }, '1.20.4': { blocks: 'pc/1.20.4', windows: 'pc/1.8' } },
      bedrock: {},
    },
    [`${data}/pc/common/protocolVersions.json`]: [
      { minecraftVersion: '1.8.8', majorVersion: '1.8' },
    ],
    [`${data}/pc/1.8/blocks.json`]: '',
    [`${data}/pc/1.8/windows.json`]: '',
    [`${data}/pc/1.20.4/blocks.json`]: '',
    [`${data}/pc/1.20.4/proto.yml`]: '',
    [`${data}/bedrock/common/features.json`]: '',
    [`${data}/bedrock/1.20/blocks.json`]: '',
  });
  await keepVersion(root, '1.20.4');
  assert.equal(await listFiles(join(root, data)), [
    'bedrock/common/features.json',
    'dataPaths.json',
    'pc/1.20.4/blocks.json',
    'pc/1.8/windows.json',
    'pc/common/protocolVersions.json',
  ]);
});

test('with a version goes the first of its line, and an unknown one is refused', async () => {
  const data = 'minecraft-data/data';
  await write({
    [`${data}/dataPaths.json`]: {
      pc: {
        '1.8': { blocks: 'pc/1.8' },
        '1.16': { blocks: 'pc/1.16' },
        '1.16.5': { blocks: 'pc/1.16.5' },
      },
    },
    [`${data}/pc/common/protocolVersions.json`]: [
      { minecraftVersion: '1.8.8', majorVersion: '1.8' },
      { minecraftVersion: '1.16.5', majorVersion: '1.16' },
    ],
    [`${data}/pc/1.8/blocks.json`]: '',
    [`${data}/pc/1.16/blocks.json`]: '',
    [`${data}/pc/1.16.5/blocks.json`]: '',
    [`${data}/bedrock/common/features.json`]: '',
  });
  const blocks = async () => (await listFiles(root)).filter((path) => path.endsWith('blocks.json'));
  const refusal = await keepVersion(root, '9.9').then(() => 'kept', String);
  assert.match(refusal, 'The package minecraft-data has no data for version 9.9.');
  assert.is((await blocks()).length, 3);
  await keepVersion(root, '1.16.5');
  assert.equal(await blocks(), [`${data}/pc/1.16.5/blocks.json`, `${data}/pc/1.16/blocks.json`]);
});

test.run();
