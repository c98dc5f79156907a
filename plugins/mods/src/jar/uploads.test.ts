/** Promises of uploaded jars: they come into the store when they are wanted, as many as are allowed, and leave it again. */
// time-limit: 300s
import { createHash } from 'node:crypto';
import { zipOf } from '@zlh/agent/testing';
import { Database } from '@zlh/database';
import { schemaDifference } from '@zlh/database/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { TestMods } from '../test/platform.ts';

let platform: TestMods;
test.before(async () => {
  platform = await TestMods.start({ uploadMiBPerInstance: 3 });
});
test.after(() => platform.stop());

/** Of about so many MiB. */
function jar(id: string, version = '1', mebibytes = 0): Buffer {
  const content = JSON.stringify({ schemaVersion: 1, id, version });
  const ballast = Buffer.alloc(mebibytes * 1_000_000, version);
  return zipOf([
    { name: 'fabric.mod.json', content },
    { name: 'ballast', content: ballast, method: 0 },
  ]);
}
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const anHourLater = () => new Date(Date.now() + 60 * 60_000 + 1000);
const execute = (sql: string, values: unknown[]) =>
  platform.kernel.use(Database).fork().execute(sql, values);

/** The next installation has begun at `begun`, and ends as it is told to; those after it go well. */
function gate() {
  const begun = Promise.withResolvers<void>();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  platform.room.install = () => {
    platform.room.install = async () => undefined;
    begun.resolve();
    return promise;
  };
  return { begun: begun.promise, open: resolve, fail: () => reject(new Error('it refuses')) };
}

test('the schema is what the entities say', async () => {
  assert.is(await schemaDifference(platform.kernel), '');
});

test('what is refused does not come into the store, and what is taken comes once', async () => {
  const [walls, moat] = [jar('walls'), jar('moat')];
  const files = { 'walls.jar': walls, 'moat.jar': moat, 'none.jar': Buffer.from('none') };
  const id = platform.instance(files);
  const { open } = gate();
  const { body } = await platform.install(id, 'walls.jar');
  assert.is(await platform.installed(id, 'moat.jar'), 'operations.conflict');
  open();
  assert.is(await platform.over(body.operation.id), null);
  assert.is(await platform.installed(id, 'none.jar'), 'http.invalid');
  assert.is(await platform.installed(id, 'walls.jar'), 'mods.already-there');
  assert.equal(platform.stored(), [sha256(walls)]);
  assert.is(await platform.installed(platform.instance(files), 'walls.jar'), null);
  assert.equal(platform.stored(), [sha256(walls)]);
});

test('a jar goes with the last instance that holds it: removed, or deleted with it', async () => {
  const both = { 'gate.jar': jar('gate'), 'tower.jar': jar('tower') };
  const before = platform.stored();
  const [one, other] = [platform.instance(both), platform.instance(both)];
  for (const id of [one, other])
    for (const name of Object.keys(both)) assert.is(await platform.installed(id, name), null);
  assert.is(await platform.removed(one, 'upload:gate'), null);
  assert.is(await platform.removed(other, 'upload:gate'), null);
  await platform.untilStored(...before, sha256(both['tower.jar']));
  await platform.delete(one);
  await platform.removed(other, 'upload:tower');
  await platform.untilStored(...before);
});

test('what one can go back to is kept; what a failed change brought is not', async () => {
  const before = platform.stored();
  const [first, second, third] = ['1', '2', '3'].map((version) => jar('keep', version));
  const id = platform.instance({ 'keep.jar': first! });
  assert.is(await platform.installed(id, 'keep.jar'), null);
  platform.room.files.get(id)!.set('keep.jar', second!);
  assert.is(await platform.installed(id, 'keep.jar'), null);
  const kept = [...before, sha256(first!), sha256(second!)];
  await platform.untilStored(...kept);

  platform.room.files.get(id)!.set('keep.jar', third!);
  const failing = gate();
  const { body } = await platform.install(id, 'keep.jar');
  await failing.begun;
  assert.ok(platform.stored().includes(sha256(third!)));
  failing.fail();
  assert.is(typeof (await platform.over(body.operation.id)), 'string');
  await platform.untilStored(...kept);
  await platform.delete(id);
  await platform.untilStored(...before);
});

test('while a removal may still fail, no sweep takes what it would bring back', async () => {
  const drawbridge = jar('drawbridge');
  const id = platform.instance({ 'drawbridge.jar': drawbridge });
  assert.is(await platform.installed(id, 'drawbridge.jar'), null);
  const failing = gate();
  const { body } = await platform.remove(id, 'upload:drawbridge');
  assert.equal(await platform.projects(id), []);
  await failing.begun;
  await platform.collector().sweep(anHourLater());
  failing.fail();
  assert.is(typeof (await platform.over(body.operation.id)), 'string');
  assert.equal(await platform.projects(id), ['upload:drawbridge']);
  assert.ok(platform.stored().includes(sha256(drawbridge)));
});

test('called off before it has begun, a change leaves no trace', async () => {
  const before = platform.stored();
  const busy = platform.instance({ 'a.jar': jar('a') });
  const waiting = platform.instance({ 'b.jar': jar('b') });
  const { open } = gate();
  const first = (await platform.install(busy, 'a.jar')).body.operation.id;
  const { id } = (await platform.install(waiting, 'b.jar')).body.operation;
  await platform.client.post(`/api/operations/${id}/cancel`);
  open();
  assert.is(await platform.over(first), null);
  assert.is(await platform.over(id), 'cancelled');
  assert.equal(await platform.projects(waiting), []);
  await platform.delete(busy);
  await platform.untilStored(...before);
});

test('an instance has its share of the store; older versions of what is uploaded make room', async () => {
  const before = platform.stored();
  const id = platform.instance({ 'big.jar': jar('big', '1', 1), 'more.jar': jar('more', '1', 2) });
  assert.is(await platform.installed(id, 'big.jar'), null);
  assert.is(await platform.installed(id, 'more.jar'), null);
  const next = jar('big', '2', 1);
  platform.room.files.get(id)!.set('big.jar', next);
  assert.is(await platform.installed(id, 'big.jar'), null);
  await platform.untilStored(...before, sha256(next), sha256(jar('more', '1', 2)));
  platform.room.files.get(id)!.set('other.jar', jar('other', '1', 1));
  const { status, body } = await platform.install(id, 'other.jar');
  assert.equal([status, body.code, body.limitMiB], [409, 'mods.uploads-too-large', 3]);
  assert.equal(await platform.projects(id), ['upload:big', 'upload:more']);
  await platform.delete(id);
  await platform.untilStored(...before);
});

test('a sweep takes what a process left that died, not what is young or named by any set', async () => {
  const before = platform.stored();
  const [orphan, named] = [jar('orphan'), jar('named')];
  const [gone, there] = [platform.instance({ a: orphan }), platform.instance({ a: named })];
  for (const id of [gone, there]) assert.is(await platform.installed(id, 'a'), null);
  for (const table of ['mods_mod', 'mods_upload'])
    await execute(`delete from ${table} where instance_id = ?`, [gone]);
  // As a platform left it that wrote down sets only.
  await execute('delete from mods_upload where instance_id = ?', [there]);
  await platform.collector().sweep(new Date());
  assert.ok(platform.stored().includes(sha256(orphan)), 'it may be on its way into a set');
  await platform.collector().sweep(anHourLater());
  assert.equal(platform.stored(), [...before, sha256(named)].toSorted());
});

test('a jar that is changed or gone before it is brought in is not installed', async () => {
  const busy = platform.instance({ 'c.jar': jar('c') });
  const id = platform.instance({ 'd.jar': jar('d'), 'e.jar': jar('e') });
  const before = platform.stored();
  const first = gate();
  const wait = (await platform.install(busy, 'c.jar')).body.operation.id;
  const changed = (await platform.install(id, 'd.jar')).body.operation.id;
  platform.room.files.get(id)!.set('d.jar', jar('d', 'another'));
  first.open();
  assert.is(await platform.over(wait), null);
  assert.is(await platform.over(changed), 'MODS_UPLOAD_CHANGED');
  assert.equal(await platform.projects(id), []);
  await platform.delete(busy);
  await platform.untilStored(...before);
});

test.run();
