/**
 * Guarantees about bodies that are made to be costly: whatever a stranger sends in one request, the event loop is held
 * for less than 50 ms. Measured as time of the processor on this thread, the sending included, so a busy machine changes nothing.
 */
import { threadCpuUsage } from 'node:process';
import type { TestKernel } from '@zlh/kernel/testing';
import { Type } from 'typebox';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { defineRoute, Http } from './index.ts';
import { sendRaw } from './testing/raw.ts';
import { startHttp } from './testing/start.ts';

const maxHeldMs = 50;
/** The least of some tries: what is left out is the work of the collector for what came before. */
const tries = 3;

const Everything = Type.Object({
  email: Type.Optional(Type.String({ format: 'email', maxLength: 254 })),
  url: Type.Optional(Type.String({ format: 'url' })),
  uri: Type.Optional(Type.String({ format: 'uri' })),
  uuid: Type.Optional(Type.String({ format: 'uuid' })),
  time: Type.Optional(Type.String({ format: 'date-time' })),
  name: Type.Optional(
    Type.String({ pattern: '^[^\\u0000-\\u001f\\u007f]*\\S[^\\u0000-\\u001f\\u007f]*$' }),
  ),
  list: Type.Optional(Type.Array(Type.Union([Type.Integer(), Type.Object({ a: Type.Null() })]))),
  unique: Type.Optional(Type.Array(Type.Unknown(), { uniqueItems: true })),
  record: Type.Optional(Type.Record(Type.String(), Type.Union([Type.Null(), Type.Boolean()]))),
  tree: Type.Optional(Type.Array(Type.Array(Type.Array(Type.Integer({ default: 1 }))))),
});
const route = (url: string, schema: object, access: 'public' | 'signed-in' = 'public') =>
  defineRoute({
    method: 'POST',
    url,
    summary: 'x',
    access,
    schema,
    handler: () => ({}),
  });
const id = Type.Object({ id: Type.String({ format: 'uuid' }) });
const routes = [
  route('/api/door', { body: Everything }),
  route('/api/bodyless', {}),
  route('/api/shut', { body: Everything }, 'signed-in'),
  route('/api/things/:id', {
    params: id,
    query: Type.Object({
      at: Type.Optional(Type.String({ format: 'date-time' })),
      limit: Type.Optional(Type.Integer()),
    }),
  }),
];

let kernel: TestKernel;
test.before(async () => {
  kernel = await startHttp(routes, { rateLimits: false });
});
test.after(() => kernel.stop());

async function heldMs(work: () => Promise<unknown>): Promise<number> {
  const all: number[] = [];
  for (let i = 0; i < tries; i++) {
    const before = threadCpuUsage();
    await work();
    const { user, system } = threadCpuUsage(before);
    all.push((user + system) / 1000);
  }
  return Math.min(...all);
}

const MiB = 2 ** 20;
const long = 'a'.repeat(15_000);
const fill = (piece: string, bytes: number) => piece.repeat(Math.ceil(bytes / piece.length));
const inside = (member: string, value: unknown) => JSON.stringify({ [member]: value });
/** As large as a route takes it, and as large as it was once taken. */
const sizes = [15_000, MiB - 100];

const bodies: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    sizes.flatMap((bytes) => [
      [`open brackets, ${bytes}`, '['.repeat(bytes)],
      [`nested lists, ${bytes}`, '['.repeat(bytes / 2) + ']'.repeat(bytes / 2)],
      [`nested objects, ${bytes}`, fill('{"a":', bytes)],
      [`nested in a member, ${bytes}`, `{"list":${'['.repeat(bytes / 2)}${']'.repeat(bytes / 2)}}`],
      [`a wide list, ${bytes}`, `[${fill('0,', bytes)}0]`],
      [`a list of wrong things, ${bytes}`, `{"list":[${fill('"",', bytes)}0]}`],
      [`a list of unknown members, ${bytes}`, `{"list":[${fill('{"b":1},', bytes)}0]}`],
      [`many unknown members, ${bytes}`, `{${manyMembers(bytes)}}`],
      [`many wrong values, ${bytes}`, `{"record":{${manyMembers(bytes)}}}`],
      [`a list that must be unique, ${bytes}`, `{"unique":[${numbers(bytes)}],"no":1}`],
      [`empty trees, ${bytes}`, `{"no":1,"tree":[${fill('[[],[]],', bytes)}[]]}`],
      [`escapes, ${bytes}`, `{"name":"${fill('\\u0061', bytes)}"}`],
      [`quotes that never close, ${bytes}`, `{"name":"${fill('\\"', bytes)}`],
      [`white space, ${bytes}`, `{${' '.repeat(bytes)}`],
      [`commas, ${bytes}`, `[${','.repeat(bytes)}`],
      [`digits, ${bytes}`, `[${'1'.repeat(bytes)}]`],
    ]),
  ),
  'an endless address': inside('email', `${long}@`),
  'an endless domain': inside('email', `a@${fill('a.', 14_000)}`),
  'an address of dots': inside('email', `a@${fill('a-', 14_000)}!`),
  'a long URL': inside('url', `http://${fill('a.', 14_000)}!`),
  'a long URL of escapes': inside('uri', `http://x/${fill('%41', 14_000)}\\`),
  'a URL of brackets': inside('uri', `http://[${fill('1:', 14_000)}`),
  'a long UUID': inside('uuid', fill('01980000-', 14_000)),
  'a long time': inside('time', fill('2026-01-31T12:00:00', 14_000)),
  'a name of spaces': inside('name', ' '.repeat(15_000)),
};

function manyMembers(bytes: number): string {
  return Array.from({ length: bytes / 12 }, (_, i) => `"k${i.toString(36)}":1`).join(',');
}

function numbers(bytes: number): string {
  return Array.from({ length: bytes / 7 }, (_, i) => i).join(',');
}

test('no body holds the event loop, with its length or without', async () => {
  const at = kernel.use(Http).url;
  const held: string[] = [];
  for (const [name, body] of Object.entries(bodies)) {
    for (const headers of [
      { 'content-length': String(Buffer.byteLength(body)) },
      { 'transfer-encoding': 'chunked' },
    ]) {
      const ms = await heldMs(async () => {
        const { status } = await sendRaw(
          at,
          '/api/door',
          { 'content-type': 'application/json', ...headers },
          { method: 'POST', body },
        );
        assert.ok(status < 500, `${name}: ${status}`);
      });
      if (ms >= maxHeldMs) held.push(`${name}, ${Object.keys(headers)[0]}: ${ms.toFixed(0)} ms`);
    }
  }
  assert.equal(held, []);
});

test('a body that no route reads is not read', async () => {
  const at = kernel.use(Http).url;
  const body = bodies[`nested lists, ${MiB - 100}`]!;
  const held: string[] = [];
  const statuses: number[] = [];
  for (const path of ['/api/bodyless', '/api/shut', '/api/nothing', '/nothing', '/api/docs/x']) {
    const ms = await heldMs(async () => {
      const { status } = await sendRaw(
        at,
        path,
        { 'content-type': 'application/json' },
        { method: 'POST', body },
      );
      statuses.push(status);
    });
    if (ms >= maxHeldMs) held.push(`${path}: ${ms.toFixed(0)} ms`);
  }
  assert.equal(held, []);
  assert.ok(
    statuses.every((status) => status >= 400 && status < 500),
    String(statuses),
  );
});

test('no address, query or header holds the event loop', async () => {
  const at = kernel.use(Http).url;
  const held: string[] = [];
  const requests: Record<string, [path: string, headers?: Record<string, string>]> = {
    'a long path': [`/api/${fill('a/', 14_000)}`],
    'a long parameter': [`/api/things/${long}`],
    'many escapes': [`/api/things/x?at=${fill('%41', 14_000)}`],
    'many members': [`/api/things/x?${fill('a=1&', 14_000)}`],
    'one member many times': [`/api/things/x?${fill('limit=1&', 14_000)}`],
    'a long time': [`/api/things/x?at=${fill('2026-01-31T12:00:00', 14_000)}`],
    'many cookies': ['/api/things/x', { cookie: fill('a=b; ', 14_000) }],
    'one cookie many times': ['/api/things/x', { cookie: fill('zlh_session=b; ', 14_000) }],
    'a long key': ['/api/things/x', { authorization: `Bearer ${long}` }],
    'many forwarded addresses': ['/api/things/x', { 'x-forwarded-for': fill('1.1.1.1, ', 14_000) }],
    'a long type': ['/api/door', { 'content-type': `application/json;${fill('a=b;', 14_000)}` }],
    'a long origin': ['/api/door', { origin: `https://${fill('a.', 14_000)}` }],
    'a long language': ['/api/docs', { 'accept-encoding': fill('br;q=0,', 14_000) }],
  };
  for (const [name, [path, headers = {}]] of Object.entries(requests)) {
    const ms = await heldMs(() => sendRaw(at, path, headers, { method: 'POST' }));
    if (ms >= maxHeldMs) held.push(`${name}: ${ms.toFixed(0)} ms`);
  }
  assert.equal(held, []);
});

test.run();
