/** The audit trail stays small, whatever one account does, and says what it left out. */
import { Database, newId } from '@zlh/database';
import database from '@zlh/database/platform';
import { schemaDifference } from '@zlh/database/testing';
import http from '@zlh/http/platform';
import type { Logger } from '@zlh/kernel';
import { startTestKernel, type TestKernel } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bounded } from './audit.ts';
import { AuditUpkeep } from './audit-upkeep.ts';
import { Audit, type AuditEntry } from './index.ts';
import accounts from './platform.ts';
import { administrator, testSettings } from './testing/index.ts';

let kernel: TestKernel;
test.before(async () => {
  kernel = await startTestKernel({ plugins: [database, http, accounts], config: testSettings });
});
test.after(() => kernel.stop());
test.before.each(async () => {
  await sql('delete from accounts_audit');
  await sql('delete from accounts_audit_size');
});

const sql = (statement: string, values: unknown[] = []) =>
  kernel.use(Database).fork().execute<Record<string, unknown>[]>(statement, values);
const minute = 60_000;

function upkeep(settings: { auditDays?: number; auditMaxMiB?: number } = {}) {
  const warnings: string[] = [];
  const log = { warn: (_data: unknown, text: string) => warnings.push(text) };
  const made = new AuditUpkeep({
    config: { auditDays: 400, auditMaxMiB: 1024, ...settings },
    log: log as unknown as Logger,
    database: kernel.use(Database),
  });
  return { run: (now?: number) => made.run(now), warnings };
}

const [ada, world] = [newId(), newId()];
const write = (path: string, more: Partial<AuditEntry> = {}) =>
  kernel.use(Database).transaction((em) =>
    kernel.use(Audit).record(em, {
      action: 'files.write',
      actor: 'ada@example.org',
      userId: ada,
      instanceId: world,
      data: { path },
      frequent: true,
      ...more,
    }),
  );
/** As many rows at once as a busy account makes in a while. */
const flood = (count: number, at = 'now()') =>
  sql(
    `insert into accounts_audit (id, action, actor, user_id, instance_id, data, frequent, at)
     select overlay(gen_random_uuid()::text placing substr(?, 1, 13) from 1 for 13)::uuid,
       'files.write', 'ada@example.org', ?, ?, jsonb_build_object('path', repeat('x', 400)), true, ${at}
     from generate_series(1, ?)`,
    [newId(), ada, world, count],
  );

const listed = async () => {
  const { client } = await administrator(kernel);
  const { body } = await client.get(`/api/audit?limit=100&userId=${ada}`);
  return body.items as {
    count: number;
    until: string | null;
    data: { path: string };
    at: string;
  }[];
};

test('the schema is what the entities say', async () => {
  assert.is(await schemaDifference(kernel), '');
});

test('a thousand writes in a minute are twenty entries and one that counts the rest', async () => {
  for (let i = 0; i < 30; i++) await write(`first ${i}`);
  await flood(970);
  await write('the last');
  const { run } = upkeep();
  await run();
  const items = await listed();
  assert.is(items.length, 21);
  assert.equal(
    items.map(({ count }) => count).filter((count) => count > 1),
    [981],
  );
  const summed = items.find(({ count }) => count > 1)!;
  assert.is(summed.data.path, 'the last');
  assert.ok(summed.until! >= summed.at);
  for (let i = 0; i < 5; i++) await write('more');
  await run();
  const again = await listed();
  assert.equal([again.length, Math.max(...again.map(({ count }) => count))], [21, 986]);
});

test('entries of others, of other actions and instances, and rare ones are not summed with them', async () => {
  for (let i = 0; i < 25; i++) {
    await write('a');
    await write('b', { instanceId: newId() });
    await write('c', { action: 'files.delete' });
    await write('d', { action: 'instances.share', frequent: false });
  }
  await upkeep().run();
  const counts = Map.groupBy(await listed(), ({ data }) => data.path);
  const of = (path: string) =>
    counts
      .get(path)!
      .map(({ count }) => count)
      .toSorted((x, y) => y - x);
  assert.equal(of('a').slice(0, 2), [5, 1]);
  assert.equal([of('b')[0], of('b').length], [1, 25]);
  assert.equal(of('c').slice(0, 2), [5, 1]);
  assert.equal([of('d')[0], of('d').length], [1, 25]);
});

test('entries that two processes sum at once are counted once', async () => {
  await flood(500);
  await Promise.all([upkeep().run(), upkeep().run(), upkeep().run()]);
  await upkeep().run();
  assert.is(
    (await listed()).reduce((sum, { count }) => sum + count, 0),
    500,
  );
});

test('a trail that is too large loses the oldest entries, and says so once', async () => {
  const rare = async (count: number, ageMinutes: number) =>
    sql(
      `insert into accounts_audit (id, action, actor, user_id, data, at)
       select overlay(gen_random_uuid()::text placing substr(?, 1, 13) from 1 for 13)::uuid,
         'test.done', 'ada@example.org', ?, jsonb_build_object('path', ?::text, 'noise', (select string_agg(md5(n || '-' || m), '') from generate_series(1, 60) m)), now()
       from generate_series(1, ?) n`,
      [newId(Date.now() - ageMinutes * minute), ada, `of ${ageMinutes}`, count],
    );
  for (const age of [90, 80, 70, 60]) await rare(200, age);
  await write('of now');
  const { run, warnings } = upkeep({ auditMaxMiB: 1 });
  await run();
  await run();
  const left = await sql(
    `select data->>'path' as path, count(*)::int as count from accounts_audit where action = 'test.done' group by 1 order by 1`,
  );
  assert.not.ok(
    left.some(({ path }) => path === 'of 90'),
    JSON.stringify(left),
  );
  assert.ok(left.some(({ path, count }) => path === 'of 60' && count === 200));
  const [{ bytes } = { bytes: 0 }] = await sql('select bytes::int from accounts_audit_size');
  assert.ok(Number(bytes) <= 2 ** 20, String(bytes));
  assert.is(warnings.length, 1);
  assert.match(warnings[0]!, 'auditMaxMiB');
  for (const age of [59, 58, 57, 56]) await rare(200, age);
  await run();
  assert.is(warnings.length, 1);
});

test('an entry goes when its days are over', async () => {
  await write('old');
  const { run } = upkeep({ auditDays: 1 });
  await run(Date.now() + 23 * 60 * minute);
  assert.is((await listed()).length, 1);
  await run(Date.now() + 25 * 60 * minute);
  assert.equal(await listed(), []);
});

test('data that is too long is cut, and says so', () => {
  const short = { path: 'world.zip', items: [1, 2] };
  assert.is(bounded(short), short);
  const long = bounded({
    path: 'x'.repeat(5000),
    items: Array.from({ length: 1000 }, () => 'y'.repeat(1000)),
    deep: { a: { b: 1 } },
    size: 7,
  });
  assert.ok(JSON.stringify(long).length < 16_500);
  assert.equal([String(long['path']).length, long['size'], long['cut']], [500, 7, true]);
  assert.equal(
    bounded({ a: Array.from({ length: 20 }, () => 'z'.repeat(5000)), b: 'x'.repeat(9000) })['cut'],
    true,
  );
});

test.run();
