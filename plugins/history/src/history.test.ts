/** Promises of history: true also about silences, complete as soon as the agent answers, and never larger than its bounds. */
// time-limit: 300s
import { setTimeout as wait } from 'node:timers/promises';
import type { AgentStatus } from '@zlh/agent';
import { Agents } from '@zlh/agents';
import { Database } from '@zlh/database';
import { schemaDifference } from '@zlh/database/testing';
import { TestClient } from '@zlh/http/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { crash, startHistory, type TestHistory } from './test/platform.ts';
import { Periods } from './periods.ts';
import { Usage } from './usage.ts';

let platform: TestHistory;
test.before(async () => {
  platform = await startHistory();
});
test.after(() => platform.stop());

const states = async (id: string): Promise<string[]> =>
  (await platform.client.get(`/api/instances/${id}/uptime`)).body.periods.map(
    ({ state }: { state: string }) => state,
  );
const count = async (table: string, id: string) =>
  (
    await platform.sql<{ n: number }>(
      `select count(*)::int as n from ${table} where instance_id = ?`,
      [id],
    )
  )[0]!.n;

test('periods tell what it was and when, silences included, without gaps', async () => {
  const id = await platform.instance();
  await platform.report(id, { state: 'starting', ready: false });
  await platform.report(id, { state: 'running', ready: false });
  await platform.report(id, {});
  await platform.report(id, { players: { online: 3, max: 20 } });
  await platform.kernel.use(Agents).markUnreachable(id);
  await platform.report(id, { state: 'crashed', ready: false });
  await platform.report(id, { state: 'stopped', ready: false });
  assert.equal(await states(id), ['running', 'ready', 'unreachable', 'crashed', 'stopped']);
  const gaps = await platform.sql(
    `select from (select from_at, lag(to_at) over (order by from_at) as before from history_period where instance_id = ?) p
     where before <> from_at`,
    [id],
  );
  assert.equal(gaps, []);
});

test('the share of time ready counts what was observed', async () => {
  const id = await platform.instance();
  await platform.sql(
    `insert into history_period (instance_id, from_at, to_at, state) select ?, now() - make_interval(hours => h), now() - make_interval(hours => h - 1), s
     from (values (4, 'ready'), (3, 'unobserved'), (2, 'crashed'), (1, 'ready')) as v(h, s)`,
    [id],
  );
  const { body } = await platform.client.get(`/api/instances/${id}/uptime`);
  assert.ok(Math.abs(body.readyShare - 2 / 3) < 0.01, String(body.readyShare));
  assert.ok(Math.abs(body.seconds.unobserved - 3600) < 1);
  const from = new Date(Date.now() - 1.5 * 3_600_000).toISOString();
  const { body: half } = await platform.client.get(`/api/instances/${id}/uptime?from=${from}`);
  assert.ok(Math.abs(half.readyShare - 2 / 3) < 0.01, 'clipped to what was asked for');
});

test('a crash is known with its report, and complete with what only the agent knows', async () => {
  const id = await platform.instance();
  const at = '2026-02-01T10:00:00.000Z';
  const hidden = crash('c-1', '2026-02-01T09:00:00.000Z');
  const {
    runId: _1,
    startedAt: _2,
    uptimeMs: _3,
    wasReady: _4,
    lastLines: _5,
    ...reported
  } = crash('c-2', at);
  await platform.report(id, { state: 'crashed', ready: false, crash: reported });
  const list = async () => (await platform.client.get(`/api/instances/${id}/crashes`)).body.items;
  assert.equal((await list()).map((each: { id: string }) => each.id).at(0), 'c-2');
  platform.onRecord.set(id, [crash('c-2', at), hidden]);
  let items = await list();
  while (items.length < 2 || !items[0].complete) {
    await wait(200);
    items = await list();
  }
  assert.equal(
    items.map(({ id: each, lastLines }: { id: string; lastLines: string[] }) => [each, lastLines]),
    [
      ['c-2', ['last words of c-2']],
      ['c-1', ['last words of c-1']],
    ],
  );
});

test('a crash that is told of while the agent is asked is not taken for one that it has forgotten', async () => {
  const id = await platform.instance();
  const told = (name: string, at: string) => {
    const {
      runId: _1,
      startedAt: _2,
      uptimeMs: _3,
      wasReady: _4,
      lastLines: _5,
      ...rest
    } = crash(name, at);
    return platform.report(id, { state: 'crashed', ready: false, crash: rest });
  };
  const [first, second] = ['2026-02-01T10:00:00.000Z', '2026-02-01T11:00:00.000Z'];
  platform.onRecord.set(id, [crash('c-1', first)]);
  const agents = platform.kernel.use(Agents);
  const { request: ask } = agents;
  const done = Promise.withResolvers<void>();
  agents.request = async (target, question) => {
    const answer = await ask(target, question);
    if (target.instanceId === id) {
      agents.request = ask;
      await told('c-2', second);
      platform.onRecord.set(id, [crash('c-2', second), crash('c-1', first)]);
      done.resolve();
    }
    return answer;
  };
  await told('c-1', first);
  await done.promise;
  const list = async () => (await platform.client.get(`/api/instances/${id}/crashes`)).body.items;
  let items = await list();
  while (!items[0].complete) {
    await wait(200);
    items = await list();
  }
  assert.equal(items[0].lastLines, ['last words of c-2']);
});

test('a crash has its console lines only for callers who may read the console', async () => {
  const id = await platform.instance();
  const at = new Date().toISOString();
  const record = crash('c-lines', at);
  platform.onRecord.set(id, [record]);
  const { runId: _1, startedAt: _2, uptimeMs: _3, wasReady: _4, lastLines: _5, ...last } = record;
  await platform.report(id, { state: 'crashed', ready: false, crash: last });
  const seenBy = async (name: string) => {
    const client = new TestClient(platform.kernel, { authorization: `Bearer ${name}` });
    return (await client.get(`/api/instances/${id}/crashes`)).body.items[0];
  };
  while (!(await seenBy('ada')).complete) await wait(200);
  assert.equal((await seenBy('ada')).lastLines, record.lastLines);
  for (const name of ['viewer', 'narrow']) {
    const seen = await seenBy(name);
    assert.equal([seen.lastLines, seen.detail], [null, record.detail], name);
    assert.not.match(JSON.stringify(seen), 'last words');
  }
});

test('a thousand crashes are kept, also of an agent that has two thousand and lies', async () => {
  const id = await platform.instance();
  const many = Array.from({ length: 2000 }, (_, n) => ({
    ...crash(`c-${2000 - n}`, new Date(Date.UTC(2026, 3, 1) - n * 60_000).toISOString()),
    lastLines: Array.from({ length: 60 }, () => `\0 ${'x'.repeat(100)}\ud800`),
  }));
  platform.onRecord.set(id, many);
  const { runId: _1, startedAt: _2, uptimeMs: _3, wasReady: _4, lastLines: _5, ...last } = many[0]!;
  await platform.report(id, { state: 'crashed', ready: false, crash: last });
  while ((await count('history_crash', id)) < 1000) await wait(200);
  const { body } = await platform.client.get(`/api/instances/${id}/crashes?limit=2`);
  assert.equal(
    body.items.map((each: { id: string }) => each.id),
    ['c-2000', 'c-1999'],
  );
  assert.is(body.items[1].lastLines.length, 40);
  const next = `/api/instances/${id}/crashes?limit=1&cursor=${body.nextCursor}`;
  assert.is((await platform.client.get(next)).body.items[0].id, 'c-1998');
});

test('an instance that flaps without end keeps five thousand periods', async () => {
  const id = await platform.instance();
  await platform.sql(
    `insert into history_period (instance_id, from_at, to_at, state)
     select ?, now() - make_interval(secs => n + 1), now() - make_interval(secs => n), 'ready' from generate_series(1, 7000) n`,
    [id],
  );
  await platform.report(id, {});
  assert.is(await count('history_period', id), 5000);
});

test('usage is averaged by the minute and the hour, and old samples go', async () => {
  const id = await platform.instance();
  await platform.report(id, {});
  const usage = new Usage({ database: platform.kernel.use(Database), log: undefined as never });
  const heard = (memoryBytes: number, online: number | null) =>
    usage.heard(id, {
      usage: { memoryBytes, cpuPercent: memoryBytes / 10, diskBytes: 7 },
      players: online === null ? null : { online, max: 20 },
    } as never);
  heard(100, null);
  heard(300, 4);
  await usage.flush();
  heard(500, 2);
  heard(Number.MAX_SAFE_INTEGER, 1e300);
  await usage.flush();
  for (const from of ['', `?from=${new Date(Date.now() - 3 * 86_400_000).toISOString()}`]) {
    const { body } = await platform.client.get(`/api/instances/${id}/usage${from}`);
    const sum = body.samples.reduce(
      (all: number, { memoryBytes }: { memoryBytes: { average: number } }) =>
        all + memoryBytes.average,
      0,
    );
    assert.ok(sum > 0 && sum <= 2 ** 50, String(sum));
    assert.is(body.samples.at(-1).players, 1e6);
    assert.is(body.samples.at(-1).diskBytes, 7);
    assert.is(body.resolution, from === '' ? 'minute' : 'hour');
  }
  await platform.sql(
    `insert into history_usage (instance_id, resolution, at, samples, memory_sum, memory_most, cpu_sum, cpu_most)
     select ?, r, date_trunc('hour', now()) - n * ('1 ' || r)::interval, 1, 1, 1, 1, 1
     from generate_series(2, 3000) n, (values ('minute'), ('hour')) as v(r) on conflict do nothing`,
    [id],
  );
  await usage.flush();
  assert.ok((await count('history_usage', id)) <= 1441 + 721);
});

test('how much processor was used is null where no sample says it, and no zero in the mean of the others', async () => {
  const id = await platform.instance();
  await platform.report(id, {});
  const usage = new Usage({ database: platform.kernel.use(Database), log: undefined as never });
  const heard = (cpuPercent: number | null) =>
    usage.heard(id, {
      usage: { memoryBytes: 1, cpuPercent },
      players: { online: null, max: 20 },
    } as never);
  const last = async () =>
    (await platform.client.get(`/api/instances/${id}/usage`)).body.samples.at(-1);
  heard(null);
  await usage.flush();
  const { cpuPercent, players } = await last();
  assert.equal([cpuPercent, players], [null, null]);
  heard(null);
  heard(30);
  await usage.flush();
  assert.equal((await last()).cpuPercent, { average: 30, most: 30 });
});

test('what was not watched is said, by whoever starts first afterwards', async () => {
  const id = await platform.instance();
  await platform.report(id, {});
  // As if every platform had been down for the last hour.
  await platform.sql(`update history_watch set seen_at = now() - interval '1 hour'`);
  await platform.sql(
    `update history_period set from_at = from_at - interval '2 hours' where instance_id = ?`,
    [id],
  );
  const ground = { database: platform.kernel.use(Database), log: undefined as never };
  const [first, second] = [new Periods(ground), new Periods(ground)];
  assert.ok((await first.begin()).includes(id), 'its agent is to be asked for crashes');
  assert.equal(await second.begin(), []);
  assert.equal(await states(id), ['ready', 'unobserved'], 'nobody has heard of it yet');
  // What it says is no news, so that it comes by `heard` alone; both processes hear of it.
  for (const each of [first, second])
    each.heard(id, { state: 'running', ready: true } as AgentStatus);
  await Promise.all([first.end(), second.end()]);
  assert.equal(await states(id), ['ready', 'unobserved', 'ready']);
  await platform.report(id, { state: 'stopped', ready: false });
  assert.equal((await states(id)).at(-1), 'stopped');
});

test('of a deleted instance nothing stays, and a late report brings nothing back', async () => {
  const id = await platform.instance();
  await platform.report(id, { crash: null });
  // Another process, which heard of it and writes once it is gone.
  const usage = new Usage({ database: platform.kernel.use(Database), log: undefined as never });
  usage.heard(id, { usage: { memoryBytes: 1, cpuPercent: 1 }, players: null } as never);
  await platform.deleted(id);
  await usage.flush();
  platform.onRecord.delete(id);
  await platform.report(id, { state: 'stopped', ready: false });
  for (const table of ['history_crash', 'history_period', 'history_usage'])
    assert.is(await count(table, id), 0, table);
  assert.is((await platform.client.get(`/api/instances/${id}/uptime`)).status, 404);
});

test('times that make no sense are refused', async () => {
  const id = await platform.instance();
  for (const query of [
    'from=yesterday',
    'from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z',
    'from=2001-01-01T00:00:00Z',
  ])
    for (const path of ['uptime', 'usage'])
      assert.is(
        (await platform.client.get(`/api/instances/${id}/${path}?${query}`)).status,
        422,
        query,
      );
});

test('the schema is what the entities say', async () => {
  assert.is(await schemaDifference(platform.kernel), '');
});

test.run();
