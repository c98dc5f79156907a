/** The generated pages of the reference say what the program says. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { generatedPages } from './pages.ts';

const root = resolve(import.meta.dirname, '../..');

for (const [name, text] of Object.entries(generatedPages(root))) {
  test(`docs/reference/${name} is up to date; "npm run docs" writes it`, () => {
    assert.is(readFileSync(join(root, 'docs', 'reference', name), 'utf8'), text);
  });
}

test.run();
