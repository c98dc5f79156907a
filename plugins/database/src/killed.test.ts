/** Guarantees when the embedded server is killed: requests are refused in words and counted on, and all is well by itself. */
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Routes, defineRoute } from '@zlh/http';
import http from '@zlh/http/platform';
import { TestClient, type TestAnswer } from '@zlh/http/testing';
import { definePlugin } from '@zlh/kernel';
import { startTestKernel, type TestKernel } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Database } from './index.ts';
import database from './platform.ts';
import { findPostmaster } from './postmaster.ts';

let kernel: TestKernel;
let client: TestClient;

const notes = definePlugin({
  id: 'notes',
  needs: { database: Database },
  setup({ add }) {
    add(Routes, (use) => [
      defineRoute({
        method: 'POST',
        url: '/api/notes',
        summary: 'Note something',
        access: 'public',
        handler: () =>
          use.database.transaction((em) => em.execute('insert into note default values')),
      }),
      defineRoute({
        method: 'GET',
        url: '/api/notes',
        summary: 'Count the notes',
        access: 'public',
        handler: () => use.database.fork().execute('select count(*)::int as count from note'),
      }),
    ]);
  },
});

test.before(async () => {
  kernel = await startTestKernel({
    plugins: [database, http, notes],
    config: { http: { port: 0, rateLimits: false } },
    logLevel: 'silent',
  });
  client = new TestClient(kernel);
  await kernel.use(Database).fork().execute('create table note (id serial)');
});
test.after(() => kernel.stop());

const postmaster = () => findPostmaster(join(kernel.home, 'postgres', 'data'));
const count = async () => (await client.get('/api/notes')).body[0].count as number;

/** Twelve callers, more than the pool has connections, ask on and on; answers what they were told until all is well. */
async function askThrough(kill: () => void): Promise<TestAnswer[]> {
  const answers: TestAnswer[] = [];
  const enough = new AbortController();
  const ask = async (method: 'get' | 'post') => {
    while (!enough.signal.aborted) {
      answers.push(await client[method]('/api/notes'));
      await wait(10); // as callers do
    }
  };
  const callers = Array.from({ length: 12 }, (_, n) => ask(n % 2 === 0 ? 'get' : 'post'));
  kill();
  while (!answers.some(({ status }) => status === 503)) await wait(10); // requests tell it
  while ((await client.get('/health/ready')).status !== 200) await wait(10);
  enough.abort();
  await Promise.all(callers);
  return answers;
}

function assertWords(answers: readonly TestAnswer[]): void {
  const refused = answers.filter(({ status }) => status >= 400);
  for (const { status, headers, body } of refused) {
    assert.equal([status, body.code], [503, 'database.unreachable']);
    assert.is(headers.get('retry-after'), '2');
    assert.not.match(JSON.stringify(body), kernel.home);
  }
}

test('a postmaster that is killed is started again, time and again, and requests get 503 meanwhile', async () => {
  for (let n = 0; n < 3; n++) {
    const { pid } = postmaster()!;
    const before = await count();
    const answers = await askThrough(() => process.kill(pid, 'SIGKILL'));
    assertWords(answers);
    assert.is.not(postmaster()!.pid, pid);
    assert.ok((await count()) >= before, 'what was committed is there');
  }
});

test('a backend that is killed takes the others with it, and requests get 503 until they are back', async () => {
  const { pid } = postmaster()!;
  const [row] = await kernel
    .use(Database)
    .fork()
    .execute<{ pid: number }[]>('select pg_backend_pid() as pid');
  assertWords(await askThrough(() => process.kill(row!.pid, 'SIGKILL')));
  assert.is(postmaster()!.pid, pid);
});

test('whether the platform is ready follows from what the database answers', async () => {
  const ready = await client.get('/health/ready');
  assert.equal(ready.body.checks, [{ name: 'database', ok: true, detail: null }]);
  await kernel.use(Database).fork().execute('alter table migration rename to gone');
  const { status, body } = await client.get('/health/ready');
  assert.equal([status, body.code, body.checks[0].ok], [503, 'http.not-ready', false]);
  await kernel.use(Database).fork().execute('alter table gone rename to migration');
  assert.is((await client.get('/health/ready')).status, 200);
});

test.run();
