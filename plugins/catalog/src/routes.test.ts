/** The catalog over HTTP, to each kind of caller. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, truncateSync, chmodSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Authenticators, Http, problems, type Identity } from '@zlh/http';
import http from '@zlh/http/platform';
import { badInput } from '@zlh/http/testing';
import { definePlugin } from '@zlh/kernel';
import type { TestKernel } from '@zlh/kernel/testing';
import { ArtifactStore, type ArtifactWanted } from '@zlh/artifacts';
import { type Offer } from './index.ts';
import { startKernel } from './test/kernel.ts';

interface Context {
  home: string;
  kernel: TestKernel;
  agent: Agent;
}
const test = suite<Context>('catalog routes');

/** Who sends `Authorization: Bearer <name>`. */
const callers: Readonly<Record<string, Identity>> = {
  agent: { kind: 'agent', id: 'i', label: 'agent', administrator: false, can: () => false },
  user: {
    kind: 'user',
    id: 'u',
    label: 'u@x',
    administrator: false,
    can: (permission) => permission === 'catalog.read',
  },
  administrator: { kind: 'user', id: 'a', label: 'a@x', administrator: true, can: () => true },
  key: {
    kind: 'api-key',
    id: 'k',
    label: 'a@x',
    administrator: true,
    can: (permission) => permission === 'instances.read',
  },
};
const people = definePlugin({
  id: 'test-people',
  setup({ add }) {
    add(Authenticators, {
      async authenticate({ headers }) {
        const name = headers.authorization?.replace('Bearer ', '');
        if (name === undefined) return null;
        return callers[name] ?? Promise.reject(problems.unauthenticated());
      },
    });
  },
});

const text = '0123456789'.repeat(10_000);
const sha256 = createHash('sha256').update(text).digest('hex');
const wanted = (content: string): ArtifactWanted => ({
  name: 'server',
  importer: 'test',
  request: { text: content },
});

test.before(async (context) => {
  context.home = mkdtempSync(join(tmpdir(), 'zlh-routes-'));
  const config = { http: { port: 0, rateLimits: false, checkAnswers: true } };
  context.kernel = (
    await startKernel({ home: context.home, plugins: [http, people], config })
  ).kernel;
  context.agent = new Agent();
  for (const content of [text, 'second', 'third']) {
    await context.kernel
      .use(ArtifactStore)
      .ensure([wanted(content)], { signal: new AbortController().signal, progress: () => {} });
  }
});
test.after(async ({ kernel, home, agent }) => {
  await agent.close();
  await kernel.stop();
  rmSync(home, { recursive: true });
});

async function get(
  { kernel, agent }: Context,
  path: string,
  as?: string,
  headers: Readonly<Record<string, string>> = {},
) {
  const { url } = kernel.use(Http);
  const authorization: Record<string, string> =
    as === undefined ? {} : { authorization: `Bearer ${as}` };
  const answer = await request(`${url}${path}`, {
    dispatcher: agent,
    headers: { ...authorization, ...headers },
  });
  return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
}

test('users see the games, with the runtime of each version and one recommendation', async (context) => {
  const { status, text: body } = await get(context, '/api/catalog/games', 'user');
  assert.is(status, 200);
  const { games } = JSON.parse(body) as Offer;
  assert.equal(
    games.map(({ id }) => id),
    ['minecraft', 'luanti', 'openttd', 'teeworlds'],
  );
  for (const { versions, eula, memoryMiB } of games[0]!.variants) {
    assert.is(versions.filter(({ recommended }) => recommended).length, 1);
    assert.match(eula!, /^https:/);
    assert.ok(memoryMiB.min <= memoryMiB.default);
  }
  assert.equal(
    games[0]!.variants[0]!.versions.find(({ id }) => id === '1.21.4'),
    { id: '1.21.4', runtime: 'java-21', recommended: false },
  );
});

test('users see the runtimes', async (context) => {
  const { text: body } = await get(context, '/api/catalog/runtimes', 'user');
  assert.equal(JSON.parse(body).runtimes[2], {
    id: 'java-21',
    name: 'Java 21',
    kind: 'java',
    version: '21',
  });
});

test('each route is for whom it is meant', async (context) => {
  const statuses = async (path: string) => {
    const all = [undefined, 'agent', 'user', 'key', 'administrator'].map((as) =>
      get(context, path, as),
    );
    return (await Promise.all(all)).map(({ status }) => status);
  };
  assert.equal(await statuses('/api/catalog/games'), [401, 403, 200, 403, 200]);
  assert.equal(await statuses('/api/catalog/runtimes'), [401, 403, 200, 403, 200]);
  assert.equal(await statuses('/api/artifacts'), [401, 403, 403, 403, 200]);
  assert.equal(await statuses(`/api/artifacts/${sha256}`), [401, 200, 403, 403, 200]);
  assert.is((await get(context, `/api/artifacts/${sha256}`, 'nobody')).status, 401);
});

test('administrators page through the artifacts, newest first', async (context) => {
  const first = JSON.parse((await get(context, '/api/artifacts?limit=2', 'administrator')).text);
  assert.equal(
    first.items.map(({ origin }: { origin: string }) => origin),
    ['test third', 'test second'],
  );
  const second = JSON.parse(
    (await get(context, `/api/artifacts?limit=2&cursor=${first.nextCursor}`, 'administrator')).text,
  );
  assert.equal(
    second.items.map(({ sha256: hash, size }: { sha256: string; size: number }) => [hash, size]),
    [[sha256, text.length]],
  );
  assert.is(second.nextCursor, null);
});

test('an artifact comes whole, named by its hash, to be kept for ever', async (context) => {
  const { status, headers, text: body } = await get(context, `/api/artifacts/${sha256}`, 'agent');
  assert.is(status, 200);
  assert.is(body, text);
  assert.is(headers['content-length'], String(text.length));
  assert.is(headers['etag'], `"${sha256}"`);
  assert.is(headers['accept-ranges'], 'bytes');
  assert.match(headers['cache-control'] as string, 'immutable');
});

test('a download is resumed with a range, if it is of the same artifact', async (context) => {
  const range = 'bytes=99990-';
  const {
    status,
    headers,
    text: body,
  } = await get(context, `/api/artifacts/${sha256}`, 'agent', { range, 'if-range': `"${sha256}"` });
  assert.is(status, 206);
  assert.is(body, '0123456789');
  assert.is(headers['content-range'], `bytes 99990-99999/${text.length}`);
  assert.is(headers['content-length'], '10');
  assert.is(
    (await get(context, `/api/artifacts/${sha256}`, 'agent', { range, 'if-range': '"other"' }))
      .status,
    200,
  );
});

test('a range beyond the end is refused with the size', async (context) => {
  const {
    status,
    headers,
    text: body,
  } = await get(context, `/api/artifacts/${sha256}`, 'agent', { range: 'bytes=100000-' });
  assert.is(status, 416);
  assert.is(headers['content-range'], `bytes */${text.length}`);
  assert.is(JSON.parse(body).code, 'catalog.range-unsatisfiable');
});

test('who has it already is told so', async (context) => {
  const { status, text: body } = await get(context, `/api/artifacts/${sha256}`, 'agent', {
    'if-none-match': `"${sha256}"`,
  });
  assert.is(status, 304);
  assert.is(body, '');
});

test('unknown and malformed hashes are refused plainly', async (context) => {
  assert.is((await get(context, `/api/artifacts/${'0'.repeat(64)}`, 'agent')).status, 404);
  for (const hash of ['x', sha256.toUpperCase(), '..%2f..%2fetc%2fpasswd', '%00']) {
    const { status } = await get(context, `/api/artifacts/${hash}`, 'agent');
    assert.ok(status >= 400 && status < 500, `${hash}: ${status}`);
  }
  assert.is((await get(context, '/api/artifacts?limit=0', 'administrator')).status, 422);
  assert.is((await get(context, '/api/artifacts?cursor=x', 'administrator')).status, 422);
});

test('hostile input is answered with 4xx by every route', async ({ kernel }) => {
  const { faults, requests } = await badInput(kernel, {
    headers: { authorization: 'Bearer administrator' },
  });
  assert.equal(faults, []);
  assert.ok(requests > 50);
});

test('a damaged artifact is never sent as if it were sound, and gone afterwards', async (context) => {
  const hash = createHash('sha256').update('third').digest('hex');
  const file = join(context.home, 'artifacts', hash.slice(0, 2), hash);
  chmodSync(file, 0o600);
  truncateSync(file, 4);
  const { status, text: body } = await get(context, `/api/artifacts/${hash}`, 'agent');
  assert.is(status, 500);
  assert.not.match(body, 'thir');
  assert.not(existsSync(file));
  assert.is((await get(context, `/api/artifacts/${hash}`, 'agent')).status, 404);
});

test.run();
