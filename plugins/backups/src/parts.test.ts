/**
 * Parts of a backup belong to one instance, are stored whole, and are never replaced by other bytes.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { Database, Entities, Migrations } from '@zlh/database';
import database from '@zlh/database/platform';
import { schemaDifference } from '@zlh/database/testing';
import { definePlugin } from '@zlh/kernel';
import { startTestKernel, type TestKernel } from '@zlh/kernel/testing';
import { memoryBlobStore, type MemoryBlobStore } from '@zlh/storage/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { newBackup } from './backups.ts';
import { CleanUp } from './clean-up.ts';
import { Parts, type PartAddress } from './parts.ts';
import { Backup, backupEntities, backupMigrations } from './schema.ts';

let kernel: TestKernel;
let blobs: MemoryBlobStore;
let parts: Parts;

test.before(async () => {
  const tables = definePlugin({
    id: 'backups',
    setup({ add }) {
      add(Entities, backupEntities);
      add(Migrations, backupMigrations);
    },
  });
  kernel = await startTestKernel({ plugins: [database, tables], config: {}, logLevel: 'silent' });
});
test.after(() => kernel.stop());
test.before.each(() => {
  blobs = memoryBlobStore();
  parts = new Parts({ config: { maxSizeMiB: 16 }, database: kernel.use(Database), blobs });
});

const attempt = '0123456789abcdef';
const result = { attempt, parts: 2, files: 3, bytes: 10, leftOut: 0, quiescedMs: 5 };
const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: { code?: string }) => error.code,
  );

async function makeBackup(): Promise<PartAddress> {
  const [backupId, instanceId] = [randomUUID(), randomUUID()];
  await kernel.use(Database).transaction(async (em) => {
    newBackup(em, { id: backupId, instanceId, type: 'manual', by: 'ada' });
  });
  return { backupId, instanceId, attempt, number: 0 };
}
const put = (at: PartAddress, bytes: Buffer, hash = sha256Of(bytes)) =>
  parts.put(at, hash, bytes.length, Readable.from([bytes], { objectMode: false }));
const find = (id: string) => kernel.use(Database).fork().findOneOrFail(Backup, { id });

async function storedBackup(): Promise<PartAddress> {
  const at = await makeBackup();
  for (const number of [0, 1]) await put({ ...at, number }, randomBytes(1000));
  await parts.complete(at.instanceId, at.backupId, result);
  await kernel
    .use(Database)
    .fork()
    .nativeUpdate(Backup, { id: at.backupId }, { state: 'complete' });
  return at;
}
const verify = ({ instanceId, backupId }: PartAddress) =>
  parts.verify(instanceId, backupId, {
    signal: new AbortController().signal,
    progress: () => undefined,
  });

test('the agent of another instance reaches no backup, whatever it guesses', async () => {
  const at = await storedBackup();
  const other = { ...at, instanceId: randomUUID(), number: 2 };
  assert.is(await codeOf(put(other, Buffer.from('x'))), 'http.not-found');
  assert.is(await codeOf(parts.complete(other.instanceId, at.backupId, result)), 'http.not-found');
  assert.is(await codeOf(parts.list(other.instanceId, at.backupId)), 'http.not-found');
  assert.is(blobs.blobs.size, 2);
});

test('a part with a wrong hash or another length leaves nothing', async () => {
  const at = await makeBackup();
  assert.is(
    await codeOf(put(at, Buffer.from('x'), sha256Of(Buffer.from('y')))),
    'backups.wrong-hash',
  );
  const body = () => Readable.from([Buffer.from('longer')], { objectMode: false });
  assert.is(
    await codeOf(parts.put(at, sha256Of(Buffer.from('l')), 1, body())),
    'backups.wrong-hash',
  );
  assert.is(await codeOf(parts.put(at, '', 9 * 2 ** 20, body())), 'backups.part-too-large');
  assert.is(await codeOf(put({ ...at, number: 4 }, Buffer.from('x'))), 'backups.too-large');
  assert.is(blobs.blobs.size, 0);
});

test('a part that was sent twice is kept once, and never replaced', async () => {
  const at = await makeBackup();
  const bytes = randomBytes(100);
  await put(at, bytes);
  await put(at, bytes);
  assert.is(await codeOf(put(at, randomBytes(100))), 'backups.part-kept');
  assert.is(blobs.blobs.size, 1);
});

test('a new attempt takes the place of an unfinished one', async () => {
  const at = await makeBackup();
  for (const number of [0, 1, 2]) await put({ ...at, number }, randomBytes(10));
  const again = { ...at, attempt: 'f'.repeat(16) };
  await put(again, randomBytes(10));
  assert.is(blobs.blobs.size, 1);
  const { instanceId, backupId } = at;
  assert.is(await codeOf(parts.complete(instanceId, backupId, result)), 'backups.parts-missing');
  await parts.complete(instanceId, backupId, { ...result, attempt: again.attempt, parts: 1 });
  await parts.complete(instanceId, backupId, { ...result, attempt: again.attempt, parts: 1 });
  assert.is((await find(backupId)).storedBytes, 10);
  assert.is(await codeOf(put({ ...again, number: 1 }, Buffer.from('x'))), 'backups.ended');
});

test('a backup with a missing part is not complete', async () => {
  const at = await makeBackup();
  for (const number of [0, 2]) await put({ ...at, number }, randomBytes(10));
  assert.is(
    await codeOf(parts.complete(at.instanceId, at.backupId, result)),
    'backups.parts-missing',
  );
});

test('verification finds a flipped byte, a cut and a missing part', async () => {
  const at = await storedBackup();
  await verify(at);
  const [key, whole] = [...blobs.blobs][1]!;
  const flipped = Buffer.from(whole);
  flipped[500]! ^= 1;
  for (const bytes of [flipped, whole.subarray(0, 999)]) {
    blobs.blobs.set(key, bytes);
    assert.is(await codeOf(verify(at)), 'backups.damaged');
  }
  blobs.blobs.delete(key);
  assert.is(await codeOf(verify(at)), 'backups.damaged');
});

test('a clean-up takes away deleted backups, and the bytes of failed ones', async () => {
  const deleted = await storedBackup();
  const failed = await storedBackup();
  const kept = await storedBackup();
  const em = kernel.use(Database).fork();
  await em.nativeUpdate(Backup, { id: deleted.backupId }, { state: 'deleting' });
  await em.nativeUpdate(Backup, { id: failed.backupId }, { state: 'failed' });
  const log = { warn: () => undefined } as never;
  const config = { maxCheckpoints: 3 };
  await new CleanUp({ config, database: kernel.use(Database), parts, log }).run();
  assert.is(blobs.blobs.size, 2);
  assert.ok([...blobs.blobs.keys()].every((key) => key.includes(kept.backupId)));
  assert.is(await em.count(Backup, { id: deleted.backupId }), 0);
  assert.is((await find(failed.backupId)).hasParts, false);
});

test('checkpoints beyond the newest few go, unless they are pinned', async () => {
  const instanceId = randomUUID();
  const ids = Array.from({ length: 5 }, () => randomUUID());
  await kernel.use(Database).transaction(async (em) => {
    for (const [age, id] of ids.entries()) {
      const backup = newBackup(em, { id, instanceId, type: 'checkpoint', by: 'a restore' });
      Object.assign(backup, { state: 'complete', createdAt: new Date(Date.now() - age * 1000) });
      backup.pinned = age === 4;
    }
  });
  const log = { warn: () => undefined } as never;
  const config = { maxCheckpoints: 2 };
  await new CleanUp({ config, database: kernel.use(Database), parts, log }).run();
  const left = await kernel.use(Database).fork().find(Backup, { instanceId });
  assert.equal(left.map(({ id }) => id).toSorted(), [ids[0]!, ids[1]!, ids[4]!].toSorted());
});

test('the migrations make the tables that the entities describe', async () => {
  assert.is(await schemaDifference(kernel), '');
});

test.run();
