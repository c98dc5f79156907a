/** The plugin in docs/reference/kernel.md is type-checked and runs as it is written there. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { makeFolder } from '../test/packages.ts';

const root = resolve(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'docs/reference/kernel.md'), 'utf8');
const blocks = [...text.matchAll(/```ts\n\/\/ file: (\S+)\n(.*?)```/gs)];
const files = Object.fromEntries(blocks.map(([, path, code]) => [path ?? '', code ?? '']));

/** The files of the example, with what they import beside them. */
function makePackage(): string {
  const folder = makeFolder({
    ...files,
    'package.json': { type: 'module' },
    'tsconfig.json': { extends: join(root, 'tsconfig.json'), include: ['src'], exclude: [] },
  });
  mkdirSync(join(folder, 'node_modules/@zlh'), { recursive: true });
  symlinkSync(join(root, 'kernel'), join(folder, 'node_modules/@zlh/kernel'));
  for (const name of ['typebox', 'uvu', '@types']) {
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  }
  return folder;
}

function run(folder: string, ...args: readonly string[]) {
  return spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
}

test('the example is all there', () => {
  assert.equal(Object.keys(files), [
    'src/index.ts',
    'src/create-greeter.ts',
    'src/platform.ts',
    'src/platform.test.ts',
  ]);
});

test('the example passes its own test', () => {
  const { status, stdout, stderr } = run(
    makePackage(),
    '--conditions=zlh-source',
    'src/platform.test.ts',
  );
  assert.is(stderr, '');
  assert.match(stdout, /Passed: +2\n/);
  assert.is(status, 0);
});

test('the example passes the type check', () => {
  const { status, stdout } = run(makePackage(), join(root, 'node_modules/typescript/bin/tsc'));
  assert.is(stdout, '');
  assert.is(status, 0);
});

test('what the reference says of time limits and variables is so', () => {
  const kernel = readFileSync(join(root, 'kernel/src/kernel.ts'), 'utf8');
  for (const [, name, limit] of text.matchAll(/`(\w+TimeoutMs)` \((\d+,\d+)\)/g)) {
    assert.match(kernel, `options.${name} ?? ${limit?.replace(',', '_')}`);
  }
});

test.run();
