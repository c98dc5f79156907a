/** Promises of the gate: who may is let in, who may not is told why, and a stranger's page is kept out. */
import type { TestKernel } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { defineRoute, type Access } from './index.ts';
import { Proven } from './proven.ts';
import { TestClient } from './testing/client.ts';
import { startHttp } from './testing/start.ts';

const answer = ({ identity }: { identity: { id: string } | null }) => ({
  who: identity?.id ?? null,
});
const route = (url: string, access: Access, method: 'GET' | 'POST' = 'GET', perMinute?: number) =>
  defineRoute({
    method,
    url,
    summary: 'x',
    access,
    ...(perMinute === undefined ? {} : { perMinute }),
    handler: answer,
  });
const routes = [
  route('/api/public', 'public'),
  route('/api/signed-in', 'signed-in'),
  route('/api/agent', 'agent'),
  route('/api/read', { permission: 'things.read' }),
  route('/api/read-too', { permission: 'things.read', agents: true }),
  route('/api/admin', { permission: 'things.admin' }),
  route('/api/change', 'signed-in', 'POST'),
  route('/api/door', 'public', 'POST'),
  route('/api/rare', 'public', 'GET', 2),
];

let kernel: TestKernel;
const signedOut = new Set<string>();
test.before(async () => {
  kernel = await startHttp(
    routes,
    { anonymousPerMinute: 200, perMinute: 150, publicUrl: 'https://panel.example.org' },
    signedOut,
  );
});
test.after(() => kernel.stop());

const as = (name: string | null) =>
  new TestClient(kernel, name === null ? {} : { authorization: `Bearer ${name}` });
const status = async (name: string | null, path: string) => (await as(name).get(path)).status;

test('each kind of access lets in whom it names', async () => {
  const callers = [null, 'ada', 'bob', 'root', 'key-1', 'agent-1'];
  const table: Record<string, number[]> = {
    '/api/public': [200, 200, 200, 200, 200, 200],
    '/api/signed-in': [401, 200, 200, 200, 200, 403],
    '/api/agent': [401, 403, 403, 403, 403, 200],
    '/api/read': [401, 200, 403, 200, 200, 403],
    '/api/read-too': [401, 200, 403, 200, 200, 200],
    '/api/admin': [401, 403, 403, 200, 403, 403],
  };
  for (const [path, wanted] of Object.entries(table)) {
    assert.equal(await Promise.all(callers.map((name) => status(name, path))), wanted, path);
  }
});

test('a public route knows who asks, and takes strangers', async () => {
  assert.is((await as('ada').get('/api/public')).body.who, 'ada');
  assert.is((await as(null).get('/api/public')).body.who, null);
});

test('what was said to somebody, or refused, is kept by no cache', async () => {
  assert.is((await as('ada').get('/api/public')).headers.get('cache-control'), 'no-store');
  assert.is((await as(null).get('/api/read')).headers.get('cache-control'), 'no-store');
});

test('wrong credentials are refused even where none are needed; a stale cookie is not', async () => {
  assert.is(await status('mallory', '/api/public'), 401);
  assert.is(
    (await new TestClient(kernel, { authorization: 'Basic x' }).get('/api/public')).status,
    401,
  );
  assert.is(
    (await new TestClient(kernel, { cookie: 'zlh_session=stale' }).get('/api/public')).status,
    200,
  );
});

test('a refused key is told the scope it needs', async () => {
  assert.match((await as('key-1').get('/api/admin')).body.detail, 'needs the scope "things.admin"');
});

test('with a cookie, only pages of ours may change something; reading and keys are free', async () => {
  const cookie = new TestClient(kernel, { cookie: 'who=ada' });
  const post = async (origin: string, client = cookie, path = '/api/change') =>
    (await client.post(path, undefined, { origin })).status;
  assert.is(await post(cookie.url), 200, 'same host');
  assert.is(await post('https://panel.example.org'), 200, 'public address');
  for (const foreign of [
    'https://evil.example.org',
    'null',
    'https://panel.example.org.evil.org',
    'http://127.0.0.1',
    'file://x',
    'nonsense',
  ])
    assert.is(await post(foreign), 403, foreign);
  assert.is((await cookie.post('/api/change')).status, 200, 'programs name no origin');
  assert.is(
    (await cookie.get('/api/signed-in', { origin: 'https://evil.example.org' })).status,
    200,
  );
  assert.is(
    await post('https://evil.example.org', as('ada')),
    200,
    'browsers do not send keys by themselves',
  );
  assert.is(
    await post('https://evil.example.org', new TestClient(kernel), '/api/door'),
    403,
    'nobody signs a visitor in from elsewhere',
  );
});

test('a route may be stricter than the rest, and counts callers one by one', async () => {
  assert.equal(
    [
      await status('ada', '/api/rare'),
      await status('ada', '/api/rare'),
      await status('ada', '/api/rare'),
      await status('bob', '/api/rare'),
    ],
    [200, 200, 429, 200],
  );
  const { headers, body } = await as('ada').get('/api/rare');
  assert.is(body.code, 'http.too-many-requests');
  const wait = Number(headers.get('retry-after'));
  assert.ok(wait >= 1 && wait <= 60);
});

test('guessing credentials is stopped before anybody is asked, without locking out who is signed in there or elsewhere', async () => {
  assert.is(await status('zoe', '/api/public'), 200);
  let refused = 0;
  for (let i = 0; i < 220; i++) if ((await status('mallory', '/api/public')) === 429) refused++;
  assert.ok(refused > 0 && refused < 60, `${refused} of 220 were refused`);
  assert.is(
    await status(null, '/api/public'),
    200,
    'strangers without credentials are counted apart',
  );
  assert.is(await status('newcomer', '/api/public'), 429);
  assert.is(await status('zoe', '/api/public'), 200, 'who was right a moment ago is not held up');
  signedOut.add('zoe');
  assert.is(await status('zoe', '/api/signed-in'), 401);
  signedOut.delete('zoe');
  assert.is(
    await status('zoe', '/api/public'),
    429,
    'what was revoked is worth nothing here either',
  );
});

test('of those who were right no more are remembered than there is room for, and none for ever', () => {
  let now = 0;
  const proven = new Proven(() => now, 2);
  const [ada, bob, eve] = ['ada', 'bob', 'eve'].map((name) => ({
    authorization: `Bearer ${name}`,
  }));
  for (const each of [ada!, bob!, ada!, eve!]) proven.right(each, 'somebody');
  assert.equal(
    [ada!, bob!, eve!].map((each) => proven.has(each)),
    [true, false, true],
  );
  now = 15 * 60_000;
  assert.not(proven.has(ada!));
  assert.not(proven.has({ cookie: 'Bearer ada' }), 'a cookie is never taken for a token');
});

test('the proof of a revoked caller is forgotten, and that of others kept', () => {
  const proven = new Proven(() => 0);
  const [ada, key, bob] = ['ada', 'key-of-ada', 'bob'].map((name) => ({
    authorization: `Bearer ${name}`,
  }));
  const all = () => [ada!, key!, bob!].map((each) => proven.has(each));
  proven.right(ada!, 'ada');
  proven.right(key!, 'ada');
  proven.right(bob!, 'bob');
  proven.forget('ada');
  assert.equal(all(), [false, false, true]);
  proven.forget(null);
  assert.equal(all(), [false, false, false]);
});

test.run();
