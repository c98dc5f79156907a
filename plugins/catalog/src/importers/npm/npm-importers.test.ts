/** The machine's own npm against a registry on this machine: what comes in is what was pinned, or nothing. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CodedError } from '@zlh/kernel';
import { scaled } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../../../test/runner/needs.ts';
import type { ImportProgress } from '../importer.ts';
import { npmImporter, npmPackImporter } from './npm-importers.ts';
import { serveTiny, type LocalRegistry } from './test/local-registry.ts';

const npm = await needs.command('npm');
let registry: LocalRegistry;
let workDir: string;

test.before(async () => {
  registry = await serveTiny();
});
test.after(() => registry.close());
test.before.each(async () => {
  workDir = await mkdtemp(join(tmpdir(), 'zlh-npm-'));
  process.env['npm_config_registry'] = registry.url;
  process.env['npm_config_cache'] = join(workDir, '.cache');
});
test.after.each(() => rm(workDir, { recursive: true, force: true }));

const heard: ImportProgress[] = [];

function importTiny(request: object) {
  heard.length = 0;
  const signal = AbortSignal.timeout(scaled(60_000));
  return npmImporter.import(
    { name: 'tiny', version: '1.0.0', integrity: registry.integrity, ...request },
    { signal, workDir, onProgress: (progress) => heard.push(progress) },
  );
}

async function fault(promise: Promise<unknown>): Promise<CodedError> {
  return promise.then(
    () => assert.unreachable('it was imported'),
    (error: unknown) => error as CodedError,
  ) as Promise<CodedError>;
}

when(npm)('a package comes in as it was published', async () => {
  const artifact = await importTiny({});
  assert.equal(artifact, {
    file: join(workDir, 'tiny-1.0.0.tgz'),
    format: 'tar.gz',
    fileName: 'tiny-1.0.0.tgz',
    origin: `npm tiny@1.0.0 (${registry.integrity})`,
  });
  assert.is(heard.at(-1)?.fraction, 1);
});

when(npm)('the hash may be pinned for each name', async () => {
  assert.is(
    (await importTiny({ integrity: { tiny: registry.integrity } })).fileName,
    'tiny-1.0.0.tgz',
  );
  const { code, message } = await fault(
    importTiny({ integrity: { 'tiny-arm64': registry.integrity } }),
  );
  assert.is(code, 'CATALOG_INTEGRITY_UNKNOWN');
  assert.is(message, 'No published hash is on record for tiny@1.0.0.');
});

when(npm)('a package that is not the one pinned is refused', async () => {
  const integrity = `sha512-${'A'.repeat(86)}==`;
  const { code, message } = await fault(importTiny({ integrity }));
  assert.is(code, 'CATALOG_HASH_MISMATCH');
  assert.is(
    message,
    `tiny@1.0.0 does not match its published hash: expected ${integrity}, received ${registry.integrity}.`,
  );
});

when(npm)('a package that the registry does not have is named', async () => {
  const { code, message } = await fault(importTiny({ version: '2.0.0' }));
  assert.is(code, 'CATALOG_NPM_NOT_FOUND');
  assert.is(
    message,
    'The npm registry that this machine is configured for does not have tiny@2.0.0.',
  );
  assert.is((await fault(importTiny({ name: 'absent' }))).code, 'CATALOG_NPM_NOT_FOUND');
});

when(npm)('a registry that cannot be reached is named, and its address is not', async () => {
  process.env['npm_config_registry'] = 'http://127.0.0.1:1/';
  const { code, message, hint } = await fault(importTiny({}));
  assert.is(code, 'CATALOG_UPSTREAM_UNREACHABLE');
  assert.is(message, 'The npm registry could not be reached: npm says ECONNREFUSED.');
  assert.match(hint, 'Check that this machine may reach the npm registry');
});

test('a wrong request says where it is wrong', async () => {
  const { code, message } = await fault(importTiny({ name: '../x' }));
  assert.is(code, 'CATALOG_IMPORT_REQUEST');
  assert.match(message, /^The request for the importer "npm" is wrong at "\/name": /);
  for (const version of ['latest', '^1.0.0', 'file:/etc', '1 --registry=x']) {
    assert.is((await fault(importTiny({ version }))).code, 'CATALOG_IMPORT_REQUEST');
  }
});

test('a recipe that does not exist, or lies elsewhere, is refused', async () => {
  const context = { signal: new AbortController().signal, workDir, onProgress: () => {} };
  const request = { version: '1.21.4' };
  const codeOf = async (recipe: string) =>
    (await fault(npmPackImporter.import({ ...request, recipe }, context))).code;
  assert.is(await codeOf('absent'), 'CATALOG_RECIPE_UNKNOWN');
  assert.is(await codeOf('../src'), 'CATALOG_IMPORT_REQUEST');
});

test.run();
