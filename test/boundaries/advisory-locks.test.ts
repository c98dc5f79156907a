/** Advisory locks take their numbers from one place, and no two of them share one. */
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { advisoryLocks } from '@zlh/database';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const root = resolve(import.meta.dirname, '../..');

test('every lock has a number of its own', () => {
  const numbers = Object.values(advisoryLocks);
  assert.is(new Set(numbers).size, numbers.length);
});

test('no plugin takes a lock by a number that it made up', () => {
  const files = globSync('plugins/*/src/**/*.ts', { cwd: root });
  assert.ok(files.length > 100);
  const own = /advisory\w*lock\w*\(\s*\d|= 7_?264_?1\d\d\b/;
  const guilty = files.filter(
    (file) => !file.endsWith('.test.ts') && own.test(readFileSync(join(root, file), 'utf8')),
  );
  assert.equal(guilty, []);
});

test.run();
