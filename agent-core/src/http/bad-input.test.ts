/** Every route against input that is malformed, of wrong type, too large or unknown: 4xx, and the field. */
import { randomUUID } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { AgentProblem } from '../contract/messages.ts';
import type { InstanceSpec } from '../contract/spec.ts';
import { startTestAgent, testSpec, type TestAgent } from '../testing/index.ts';

let agent: TestAgent;
const operationId = randomUUID();

test.before(async () => {
  agent = await startTestAgent();
});
test.after(() => agent.end());

async function raw(path: string, body: string, type = 'application/json') {
  const headers = { authorization: `Bearer ${agent.token}`, 'content-type': type };
  const response = await agent.fetch(path, { method: 'POST', headers, body });
  assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/);
  return { status: response.status, problem: (await response.json()) as AgentProblem };
}

async function refused(path: string, body: unknown): Promise<string[]> {
  const { status, problem } = await raw(path, JSON.stringify(body));
  assert.is(status, 422, `${path} ${JSON.stringify(problem)}`);
  assert.is(problem.code, 'AGENT_INVALID');
  assert.ok(problem.detail !== '' && problem.hint !== undefined);
  return problem.errors?.map((error) => error.path) ?? [];
}

const posts = [
  '/config',
  '/platform',
  '/start',
  '/stop',
  '/restart',
  '/kill',
  '/console/command',
  '/shutdown',
];

test('what is no JSON object is refused on every route', async () => {
  for (const path of posts) {
    assert.is((await raw(path, '{"operationId":')).problem.code, 'AGENT_MALFORMED', path);
    assert.is((await raw(path, '')).problem.code, 'AGENT_MALFORMED', path);
    assert.is((await raw(path, 'a=b', 'application/x-www-form-urlencoded')).status, 415, path);
    for (const body of [[], 'text', 5, null, true]) await refused(path, body);
  }
});

test('bodies beyond the limit are refused with 413', async () => {
  const large = (bytes: number) => JSON.stringify({ operationId, x: 'x'.repeat(bytes) });
  for (const path of posts) {
    const { status, problem } = await raw(path, large(path === '/config' ? 9 * 2 ** 20 : 70_000));
    assert.is(status, 413, path);
    assert.is(problem.code, 'AGENT_TOO_LARGE');
  }
});

test('missing, unknown and mistyped fields are named', async () => {
  assert.equal(await refused('/start', {}), ['/operationId']);
  assert.equal(await refused('/stop', { operationId: 7 }), ['/operationId']);
  assert.equal(await refused('/kill', { operationId: 'not-a-uuid' }), ['/operationId']);
  assert.equal(await refused('/restart', { operationId, extra: 1 }), ['/extra']);
  assert.equal(await refused('/shutdown', { stopServer: 'yes' }), ['/stopServer']);
  assert.equal(await refused('/platform', { platformUrl: 'http://127.0.0.1:4000' }), [
    '/platformUrl',
  ]);
  assert.equal((await refused('/config', {})).sort(), ['/operationId', '/spec']);
});

test('a console command is one line without control characters', async () => {
  for (const command of [
    '',
    'x'.repeat(1025),
    'a\nb',
    'a\r',
    'a\u0000',
    'a\u001b[2J',
    'a\u0085',
    'a\u2028b',
    5,
  ]) {
    assert.equal(await refused('/console/command', { command }), ['/command']);
  }
  const { status, problem } = await raw('/console/command', '{"command":"say grüße 🙂"}');
  assert.is(status, 409);
  assert.is(problem.code, 'AGENT_NOT_RUNNING');
});

test('a spec is checked whole, and every fault is told at once', async () => {
  const spec = testSpec(25_565);
  const faulty = {
    ...spec,
    memoryMiB: -1,
    artifacts: [{ name: 'a', sha256: 'xyz', size: 1, format: 'rar' }],
    ports: [{ ...spec.ports[0], port: 70_000 }],
    stop: [{ command: 'stop' }],
    unknown: true,
  };
  assert.equal((await refused('/config', { operationId, spec: faulty })).sort(), [
    '/spec/artifacts/0/format',
    '/spec/artifacts/0/sha256',
    '/spec/memoryMiB',
    '/spec/ports/0/port',
    '/spec/stop/0',
    '/spec/unknown',
  ]);
});

test('references that lead nowhere and paths that lead out are refused', async () => {
  const spec = testSpec(25_565);
  const file = (path: string, content = '') => ({ path, content, mode: 'create' as const });
  const artifact = { name: 'a', sha256: 'a'.repeat(64), size: 1, format: 'tar' as const };
  const faulty: InstanceSpec = {
    ...spec,
    artifacts: [artifact, artifact],
    files: [file('../x'), file('/etc/x'), file('a', '{port:none}')],
    probe: { ...spec.probe, kind: 'no.such', port: 'none' },
    launch: {
      command: '{artifact:none}',
      args: ['ok', '{what}'],
      env: { A: '{data}', B: '{memory}' },
    },
    stop: [{ command: 'a\nb', waitMs: 0 }],
  };
  assert.equal((await refused('/config', { operationId, spec: faulty })).sort(), [
    '/spec/artifacts/1/name',
    '/spec/files/0/path',
    '/spec/files/1/path',
    '/spec/files/2/content',
    '/spec/launch/args/1',
    '/spec/launch/command',
    '/spec/launch/env/B',
    '/spec/probe/kind',
    '/spec/probe/port',
    '/spec/stop/0/command',
  ]);
});

test('ids that are none and things that are not there are 4xx', async () => {
  const get = (path: string) => agent.call<AgentProblem>('GET', path);
  assert.is((await get('/operations/not-a-uuid')).status, 422);
  assert.is((await get(`/operations/${randomUUID()}`)).status, 404);
  assert.is((await raw(`/operations/${randomUUID()}/cancel`, '{}')).status, 404);
  assert.is((await get('/no/such/route')).body.code, 'AGENT_NOT_FOUND');
  assert.is((await get('/%zz')).status, 400);
  assert.is((await raw('/status', '{}')).status, 404);
  assert.is((await get('/console')).status, 404);
});

test('nothing installed means there is nothing to start, stop or restart', async () => {
  for (const path of ['/start', '/stop', '/restart']) {
    const { status, problem } = await raw(path, JSON.stringify({ operationId: randomUUID() }));
    assert.is(status, 409);
    assert.is(problem.code, 'AGENT_NOT_INSTALLED');
  }
});

test('an older revision and another instance are refused', async () => {
  const spec = testSpec(25_565, { revision: 5 });
  assert.is((await agent.perform(spec)).state, 'succeeded');
  const send = (change: Partial<InstanceSpec>) =>
    raw('/config', JSON.stringify({ operationId: randomUUID(), spec: { ...spec, ...change } }));
  assert.is((await send({ revision: 4 })).problem.code, 'AGENT_REVISION_OLD');
  assert.is((await send({ instanceId: randomUUID() })).problem.code, 'AGENT_OUT_OF_BOUNDS');
  assert.is((await agent.perform({ ...spec, revision: 6 })).state, 'succeeded');
});

test.run();
