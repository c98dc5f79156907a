/** Changes of one entry against a game that makes and replaces files at the same moment, and against each other. */
import type { StagingArea } from '@zlh/agent/fs';
import { linkSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { deleteFile, renameFile } from './changes.ts';
import { writeContent } from './content/write.ts';
import { freshFolder, itemOf, placeItem } from './operations/stage.ts';
import { testParts, type TestParts } from './testing/parts.ts';
import { Tree } from './tree/tree.ts';

let made: TestParts;
/** What happens just after a path was looked at for the last time. */
let meanwhile: Record<string, () => void> = {};

class BusyTree extends Tree {
  override async place(...of: Parameters<Tree['place']>) {
    const place = await super.place(...of);
    const look = place.folder.look.bind(place.folder);
    place.folder.look = async (name) => {
      const found = await look(name);
      meanwhile[place.path]?.();
      return found;
    };
    return place;
  }
}

test.before.each(() => {
  made = testParts(BusyTree);
  meanwhile = {};
  writeFileSync(made.at('one'), 'mine');
});
test.after.each(() => made[Symbol.dispose]());

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: { code?: string }) => error.code,
  );
const textOf = (path: string) => readFileSync(made.at(path), 'utf8');
/** A game makes this file, if it is not there. */
const appears = (path: string) => () => writeFileSync(made.at(path), 'theirs');

test('what comes to be at the new name meanwhile is not replaced by a rename', async () => {
  meanwhile['two'] = appears('two');
  assert.is(await codeOf(renameFile(made.parts, { from: 'one', to: 'two' })), 'FILES_EXISTS');
  assert.equal([textOf('one'), textOf('two')], ['mine', 'theirs']);
});

test('what is new by request replaces nothing that came meanwhile', async () => {
  let looked = 0;
  meanwhile['new'] = () => {
    if (++looked === 2) appears('new')(); // before the body, and before it is moved in
  };
  const body = Readable.from([Buffer.from('mine')]);
  const written = writeContent(made.parts, 'new', body, 4, { none: true });
  assert.is(await codeOf(written), 'FILES_EXISTS');
  assert.is(textOf('new'), 'theirs');
});

test('what was made replaces nothing that came meanwhile, and a move cut off in its middle is finished', async () => {
  const { parts } = made;
  const item = itemOf(await freshFolder(parts.staging, 'operation'));
  writeFileSync(item, 'made');
  meanwhile['copy'] = appears('copy');
  const place = (to: string) => codeOf(placeItem(parts, { operationId: 'operation', to }));
  assert.is(await place('copy'), 'FILES_EXISTS');
  assert.is(textOf('copy'), 'theirs');
  linkSync(item, made.at('begun')); // as far as an agent came before it was killed
  assert.is(await place('begun'), 'done');
  assert.equal([textOf('begun'), statSync(made.at('begun')).nlink], ['made', 1]);
  assert.is(await place('begun'), 'done');
});

test('what a game saves under the old name meanwhile is not lost', async () => {
  meanwhile['two'] = () => {
    writeFileSync(made.at('saving'), 'saved');
    renameSync(made.at('saving'), made.at('one'));
    meanwhile = {};
  };
  assert.is(await codeOf(renameFile(made.parts, { from: 'one', to: 'two' })), 'done');
  assert.is(textOf('two'), 'saved');
});

test('of a file with two names a rename from one to the other leaves the other', async () => {
  linkSync(made.at('one'), made.at('two'));
  const rename = (more: object) => renameFile(made.parts, { from: 'one', to: 'two', ...more });
  assert.is(await codeOf(rename({})), 'FILES_EXISTS');
  assert.is(await codeOf(rename({ overwrite: true })), 'done');
  assert.equal([statSync(made.at('two')).nlink, textOf('two')], [1, 'mine']);
  assert.throws(() => textOf('one'));
  const itself = { from: 'two', to: 'two', overwrite: true };
  assert.is(await codeOf(renameFile(made.parts, itself)), 'done');
  assert.is(textOf('two'), 'mine');
});

test('two changes of one path do not come between each other', async () => {
  const { parts } = made;
  let letGo = () => {};
  const held = parts.locks.run('one', () => new Promise<void>((resolve) => (letGo = resolve)));
  const renamed = renameFile(parts, { from: 'one', to: 'two' });
  for (let others = 0; others < 10; others++) {
    writeFileSync(made.at('other'), '');
    await renameFile(parts, { from: 'other', to: 'else', overwrite: true });
  }
  assert.is(textOf('one'), 'mine', 'it waits, longer than ten others take');
  letGo();
  await held;
  await renamed;
  // In both directions at once: nobody waits for the other for ever.
  const swaps = [
    renameFile(parts, { from: 'two', to: 'three' }),
    renameFile(parts, { from: 'three', to: 'two' }),
  ];
  const codes = await Promise.all(swaps.map(codeOf));
  assert.ok(codes.includes('done'), codes.join());
});

test('a folder that cannot be moved away is refused in our words', async () => {
  mkdirSync(made.at('folder'));
  const discard = () => Promise.reject(Object.assign(new Error('denied'), { code: 'EACCES' }));
  const staging = Object.assign(Object.create(made.parts.staging) as StagingArea, { discard });
  const removed = deleteFile({ ...made.parts, staging }, 'folder');
  assert.is(await codeOf(removed), 'FILES_DENIED');
});

test.run();
