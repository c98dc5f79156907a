/** A move to a free name replaces nothing, whatever comes there meanwhile. */
import {
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { moveNew, takeName } from './move.ts';

const root = mkdtempSync(join(tmpdir(), 'zlh-move-'));
test.after(() => rmSync(root, { recursive: true }));
test.before.each(() => {
  rmSync(root, { recursive: true });
  mkdirSync(root);
});
const at = (name: string) => join(root, name);
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: NodeJS.ErrnoException) => error.code,
  );

test('files, links and folders are moved to a free name', async () => {
  writeFileSync(at('file'), 'file');
  symlinkSync('nowhere', at('link'));
  mkdirSync(at('folder/in'), { recursive: true });
  for (const name of ['file', 'link', 'folder'])
    await moveNew(at(name), at(`new-${name}`), name === 'folder');
  assert.equal(readdirSync(root), ['new-file', 'new-folder', 'new-link']);
  assert.is(lstatSync(at('new-link')).isSymbolicLink(), true);
  assert.equal(readdirSync(at('new-folder')), ['in']);
});

test('what has the name is kept, be it a file, a link or a folder', async () => {
  writeFileSync(at('file'), 'mine');
  mkdirSync(at('folder'));
  writeFileSync(at('taken'), 'theirs');
  symlinkSync('nowhere', at('link'));
  mkdirSync(at('full/in'), { recursive: true });
  for (const [name, isFolder] of [
    ['file', false],
    ['folder', true],
  ] as const)
    for (const to of ['taken', 'link', 'full'])
      assert.is(await codeOf(moveNew(at(name), at(to), isFolder)), 'EEXIST', `${name} to ${to}`);
  assert.is(readFileSync(at('taken'), 'utf8'), 'theirs');
  assert.equal(readdirSync(root), ['file', 'folder', 'full', 'link', 'taken']);
});

test('a name is taken away from the file that had it, and from no other', async () => {
  writeFileSync(at('old'), 'moved');
  linkSync(at('old'), at('new'));
  const moved = lstatSync(at('old'), { bigint: true });
  rmSync(at('old'));
  writeFileSync(at('old'), 'saved meanwhile');
  await takeName(at('old'), moved, at('aside'));
  assert.is(readFileSync(at('old'), 'utf8'), 'saved meanwhile');
  await takeName(at('new'), moved, at('aside'));
  assert.equal(readdirSync(root), ['old']);
});

test.run();
