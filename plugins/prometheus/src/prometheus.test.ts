/** `GET /metrics` answers in Prometheus's format, bounded, to permitted callers only, also when one figure is broken. */
import { Grants } from '@zlh/accounts';
import { memoryGrants } from '@zlh/accounts/testing';
import database from '@zlh/database/platform';
import events from '@zlh/events/platform';
import { Authenticators, defineRoute, Routes } from '@zlh/http';
import http from '@zlh/http/platform';
import { TestClient } from '@zlh/http/testing';
import { definePlugin } from '@zlh/kernel';
import { replacement, startTestKernel, type TestKernel } from '@zlh/kernel/testing';
import { Metrics } from '@zlh/metrics';
import operations from '@zlh/operations/platform';
import { Type } from 'typebox';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import prometheus from './platform.ts';

const scrapeToken = 'a-token-that-nobody-guesses';
const things = definePlugin({
  id: 'things',
  setup({ add }) {
    add(Routes, [
      defineRoute({
        method: 'GET',
        url: '/api/things/:id',
        summary: 'A thing',
        access: 'public',
        schema: { params: Type.Object({ id: Type.Integer() }), response: { 200: Type.Object({}) } },
        handler: async () => ({}),
      }),
    ]);
    add(Routes, [
      defineRoute({
        method: 'GET',
        url: '/api/own-things',
        summary: 'The things of whoever asks',
        access: 'signed-in',
        handler: async () => ({}),
      }),
    ]);
    add(Metrics, {
      name: 'zlh_broken',
      help: 'Never.',
      type: 'gauge',
      collect: () => Promise.reject(new Error('as it is meant to')),
    });
    add(Metrics, {
      name: 'zlh_odd',
      help: 'Odd labels.',
      type: 'counter',
      collect: () => [{ labels: { name: 'a"b\\c\nd' }, value: 7 }],
    });
    add(Authenticators, {
      async authenticate({ headers }) {
        const name = headers.authorization?.replace('Bearer ', '');
        if (name !== 'root' && name !== 'ada') return null;
        const administrator = name === 'root';
        return { kind: 'user', id: name, label: name, administrator, can: () => administrator };
      },
    });
  },
});

let kernel: TestKernel;
test.before(async () => {
  kernel = await startTestKernel({
    plugins: [database, http, events, operations, prometheus, things],
    config: { http: { port: 0, rateLimits: false }, prometheus: { scrapeToken } },
    replace: [replacement(Grants, memoryGrants())],
    logLevel: 'silent',
  });
});
test.after(() => kernel.stop());

const as = (name: string) => new TestClient(kernel, { authorization: `Bearer ${name}` });
const scrape = async (): Promise<string[]> =>
  ((await as(`zlm_${scrapeToken}`).get('/metrics')).body as string).split('\n');

test('requests are counted by the route they met, whatever was asked for', async () => {
  const before = (await scrape()).length;
  const client = new TestClient(kernel);
  for (let n = 0; n < 50; n++) await client.get(`/api/things/${n}`);
  for (let n = 0; n < 50; n++) await client.get(`/api/nothing-${n}/${n}`);
  await client.get('/api/things/none');
  const lines = await scrape();
  const route = 'method="GET",route="/api/things/:id"';
  for (const line of [
    `zlh_http_requests_total{${route},status="200"} 50`,
    `zlh_http_requests_total{${route},status="422"} 1`,
    `zlh_http_requests_total{method="any",route="none",status="404"} 50`,
    `zlh_http_request_duration_seconds_count{${route}} 51`,
    `zlh_http_request_duration_seconds_bucket{le="+Inf",${route}} 51`,
  ])
    assert.ok(
      lines.some((each) => sorted(each) === sorted(line)),
      `${line} is not in ${lines.filter((each) => each.startsWith('zlh_http')).join('\n')}`,
    );
  assert.ok(lines.length - before < 100, 'a hundred paths are a handful of series');
});

test('every line is one that Prometheus reads', async () => {
  const lines = await scrape();
  for (const line of lines.filter((each) => each !== '' && !each.startsWith('#')))
    assert.match(
      line,
      /^[a-z_0-9]+(\{([a-z_]+="([^"\\\n]|\\.)*",?)*\})? (Nan|[-+]?(Inf|[\d.e+-]+))$/,
      line,
    );
  assert.ok(lines.includes('zlh_odd{name="a\\"b\\\\c\\nd"} 7'));
});

test('one figure that cannot be read does not hide the others', async () => {
  const lines = await scrape();
  assert.not.ok(lines.some((line) => line.startsWith('zlh_broken ')));
  for (const name of [
    'process_cpu_seconds_total',
    'nodejs_eventloop_lag_seconds',
    'zlh_database_pool{state="idle"}',
  ])
    assert.ok(
      lines.some((line) => line.startsWith(name)),
      name,
    );
});

test('administrators and the scrape token read them, nobody else', async () => {
  assert.is((await new TestClient(kernel).get('/metrics')).status, 401);
  assert.is((await as('ada').get('/metrics')).status, 403);
  assert.is((await as('root').get('/metrics')).status, 200);
  assert.is((await as('zlm_wrong').get('/metrics')).status, 401);
  assert.is((await as(`zlm_${scrapeToken}x`).get('/metrics')).status, 401);
  const answer = await as(`zlm_${scrapeToken}`).get('/metrics');
  assert.match(answer.headers.get('content-type')!, /^text\/plain; version=0\.0\.4/);
  assert.is((await as(`zlm_${scrapeToken}`).get('/api/operations')).status, 403);
  assert.is((await as('ada').get('/api/own-things')).status, 200);
  assert.is((await as(`zlm_${scrapeToken}`).get('/api/own-things')).status, 403);
});

/** Labels have no order. */
const sorted = (line: string) => line.split(/[{},]/).toSorted().join();

test.run();
