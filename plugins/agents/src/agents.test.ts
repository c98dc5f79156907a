/** Promises of agents: each is believed for its own instance only, and whatever one answers or reports, the platform stays whole. */
import { randomBytes, randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { AgentOperation, AgentStatus } from '@zlh/agent';
import { Database, newId } from '@zlh/database';
import database from '@zlh/database/platform';
import { schemaDifference } from '@zlh/database/testing';
import { Events } from '@zlh/events';
import events from '@zlh/events/platform';
import { Problem } from '@zlh/http';
import http from '@zlh/http/platform';
import { definePlugin, type Logger } from '@zlh/kernel';
import { FakeClock, startTestKernel, type TestKernel, scaled } from '@zlh/kernel/testing';
import { Type } from 'typebox';
import type { PhaseContext } from '@zlh/operations';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { AgentObservers, Agents, type AgentTarget } from './index.ts';
import agents from './platform.ts';
import { Reports } from './reports.ts';
import { fetchAsAgent, listenAsAgent, reportAs } from './testing/index.ts';

let kernel: TestKernel;
let told: string[] = [];
const silences = new EventEmitter();
const fellSilent = (id: string) =>
  once(silences, id, { signal: AbortSignal.timeout(scaled(30_000)) });

test.before(async () => {
  const observer = definePlugin({
    id: 'observer',
    setup({ add }) {
      add(AgentObservers, {
        onStatusChange: async (_em, id, { state }) => void told.push(`${id} ${state}`),
        async onUnreachable(_em, id) {
          told.push(`${id} silent`);
          silences.emit(id);
        },
      });
    },
  });
  kernel = await startTestKernel({
    plugins: [database, http, events, agents, observer],
    config: { http: { port: 0 }, agents: { silentAfterSeconds: 5 } },
    logLevel: 'silent',
  });
});
test.after(() => kernel.stop());
test.before.each(() => {
  told = [];
});

const sql = <T>(query: string, values: unknown[] = []) =>
  kernel.use(Database).fork().execute<T[]>(query, values);

async function enrol(): Promise<string> {
  const id = newId();
  await kernel.use(Database).transaction((em) => kernel.use(Agents).register(em, id));
  return id;
}

function statusOf(change: Partial<AgentStatus> = {}): AgentStatus {
  return {
    instanceId: null,
    agentVersion: '1',
    revision: 1,
    state: 'running',
    ready: true,
    since: '2026-01-01T00:00:00.000Z',
    readySince: null,
    operation: null,
    maintenance: null,
    crash: null,
    provisioningComplete: true,
    players: null,
    usage: null,
    address: null,
    ...change,
  };
}

function operationOf(id: string, state: AgentOperation['state']): AgentOperation {
  return {
    id,
    kind: 'start',
    state,
    phases: [],
    error: null,
    createdAt: '2026-01-01T00:00:00.000Z',
    finishedAt: null,
  };
}

let sequence = 1;
async function report(id: string, status: unknown, number: unknown = ++sequence): Promise<number> {
  return reportAs(kernel, id, { sequence: number, status });
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
/** Something that listens where an agent should be. */
async function serve(
  answer: Answer,
  instanceId: string = newId(),
): Promise<{ target: AgentTarget; close(): void }> {
  const { url, close } = await listenAsAgent(answer);
  return { target: { instanceId, url }, close };
}
const json = (response: ServerResponse, status: number, body: unknown) =>
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(typeof body === 'string' ? body : JSON.stringify(body));

async function problemOf(work: Promise<unknown>): Promise<Problem> {
  try {
    await work;
  } catch (error) {
    assert.instance(error, Problem);
    return error as Problem;
  }
  throw new Error('it was not refused');
}

test('an agent is known by the token of its own instance, and by nothing else', async () => {
  const [mine, other, gone] = [await enrol(), await enrol(), await enrol()];
  await kernel.use(Database).transaction((em) => kernel.use(Agents).unregister(em, gone));
  assert.is(await report(mine, statusOf()), 204);
  assert.is(await report(gone, statusOf()), 401);
  assert.is(await report(newId(), statusOf()), 401);
  const token = kernel.use(Agents).tokenFor(mine);
  const wrong = [
    token.replace(mine, other),
    `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`,
    `zla_${mine}.`,
    'zla_',
    `zla_${'x'.repeat(36)}.${'a'.repeat(43)}`,
    token.toUpperCase(),
  ];
  for (const each of wrong) {
    const headers = { authorization: `Bearer ${each}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ sequence: 9, status: statusOf() });
    const init = { method: 'POST', headers, body };
    const { status } = await fetchAsAgent(kernel, mine, '/api/agents/report', init);
    assert.is(status, 401, each);
  }
  assert.equal(told, [`${mine} running`]);
});

test('a report that says the same is no news, one that was overtaken is dropped', async () => {
  const id = await enrol();
  await report(id, statusOf({ state: 'starting' }), 100);
  await report(id, statusOf({ state: 'starting', usage: { memoryBytes: 1, cpuPercent: 2 } }), 101);
  await report(id, statusOf({ state: 'running' }), 103);
  assert.is(await report(id, statusOf({ state: 'starting' }), 102), 409);
  assert.is(await report(id, statusOf({ state: 'starting' }), 103), 409);
  assert.equal(told, [`${id} starting`, `${id} running`]);
});

test('a recorded report that is sent again is refused for good, with the number of the last one', async () => {
  const id = await enrol();
  const authorization = `Bearer ${kernel.use(Agents).tokenFor(id)}`;
  const recorded = {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ sequence: 5000, status: statusOf() }),
  };
  const send = () => fetchAsAgent(kernel, id, '/api/agents/report', recorded);
  assert.is((await send()).status, 204);
  assert.is(await report(id, statusOf({ state: 'stopped' }), 5001), 204);
  // An hour of silence, by the clock of the database.
  await sql(
    `update agents_agent set last_seen_at = now() - interval '1 hour' where instance_id = ?`,
    [id],
  );
  const again = await send();
  assert.is(again.status, 409);
  const { code, sequence: heard } = (await again.json()) as Record<string, unknown>;
  assert.equal([code, heard], ['agents.report-overtaken', 5001]);
  await kernel.use(Agents).markUnreachable(id);
  assert.is((await send()).status, 409, 'nor does it bring back an agent that is gone');
  assert.equal(told, [`${id} running`, `${id} stopped`, `${id} silent`]);
});

test('whatever a report holds, it is refused or kept small, and never an error of ours', async () => {
  const id = await enrol();
  const crash = {
    at: '2026-01-01T00:00:00.000Z',
    reason: 'signal',
    detail: '💥 x'.repeat(2000),
    exitCode: null,
    signal: 'x',
    count: 1,
    retryAt: null,
    gaveUp: false,
  };
  assert.is(await report(id, statusOf({ crash } as Partial<AgentStatus>)), 204);
  for (const detail of ['\ud800', '\0'])
    assert.is(
      await report(id, statusOf({ crash: { ...crash, detail } } as Partial<AgentStatus>)),
      422,
    );
  const [row] = await sql<{ size: number }>(
    'select length(status::text) as size from agents_agent where instance_id = ?',
    [id],
  );
  assert.ok(row!.size < 2000, `${row!.size} characters were kept`);
  const phases = Array.from({ length: 100 }, (_, n) => ({
    name: `p${n}`,
    state: 'running',
    progress: 0,
    startedAt: null,
    finishedAt: null,
  }));
  assert.is(
    await report(
      id,
      statusOf({ operation: { ...operationOf('x', 'running'), phases } as AgentOperation }),
    ),
    204,
  );
  const [kept] = await sql<{ count: number }>(
    `select jsonb_array_length(status->'operation'->'phases') as count from agents_agent where instance_id = ?`,
    [id],
  );
  assert.is(kept!.count, 32);
  for (const [status, number] of [
    [statusOf(), 1e300],
    [statusOf(), -1],
    [statusOf(), '1'],
    [statusOf(), 2 ** 60],
    [{ ...statusOf(), extra: 1 }, 1e6],
    [{ ...statusOf(), state: 'dancing' }, 1e6],
    [{ ...statusOf(), since: 'yesterday' }, 1e6],
    [null, 1e6],
    [[], 1e6],
    ['x', 1e6],
  ] as const) {
    assert.is(await report(id, status, number), 422, JSON.stringify([status, number]).slice(0, 80));
  }
  assert.is(await report(id, statusOf({ maintenance: 'x'.repeat(40_000) })), 413);
});

/** A watch with a clock of its own, beside that of the platform. */
function watchBy(clock: FakeClock): Reports {
  const use = { database: kernel.use(Database), events: kernel.use(Events) };
  const log = { warn() {} } as unknown as Logger;
  const onUnreachable = async (_em: unknown, id: string) =>
    void told.push(`${id} silent by the watch`);
  const observers = [
    { plugin: 'observer', value: { onStatusChange: async () => {}, onUnreachable } },
  ];
  return new Reports({ ...use, log, observers, clock, config: { silentAfterSeconds: 35 } });
}

test('a clock of the database that jumps by an hour makes no agent silent, and keeps no silent one alive', async () => {
  const [speaks, rests] = [await enrol(), await enrol()];
  const clock = new FakeClock();
  const watch = watchBy(clock);
  const jump = (hours: number) =>
    sql(`update agents_agent set last_seen_at = now() - make_interval(hours => ?)`, [hours]);
  const both = [speaks, rests].map((id) => `${id} silent by the watch`);
  const silent = () => told.filter((line) => both.includes(line));
  await report(rests, statusOf());
  for (const hours of [0, 1, -1, 1, -1, 1, -1]) {
    await report(speaks, statusOf());
    await jump(hours);
    await watch.sweep();
    assert.equal(silent(), []);
    await clock.advance(5000);
  }
  await report(speaks, statusOf());
  await watch.sweep();
  assert.equal(silent(), [`${rests} silent by the watch`]);
});

test('silence is noticed once, and the next report is news whatever it says', async () => {
  const id = await enrol();
  const never = await enrol();
  await report(id, statusOf());
  await fellSilent(id);
  await report(id, statusOf());
  await kernel.use(Agents).markUnreachable(id);
  await report(id, statusOf());
  await kernel.use(Agents).markUnreachable(newId());
  assert.equal(
    told.filter((line) => line.startsWith(id)),
    [`${id} running`, `${id} silent`, `${id} running`, `${id} silent`, `${id} running`],
  );
  assert.not.ok(told.some((line) => line.startsWith(never)));
});

test('an answer that is huge, without end, slow to come, or no answer at all is an agent at fault, not the platform', async () => {
  const nonsense: readonly [string, Answer][] = [
    ['not JSON', (_, response) => json(response, 200, '<html>')],
    ['nothing', (_, response) => json(response, 200, '')],
    ['null', (_, response) => json(response, 200, null)],
    ['another shape', (_, response) => json(response, 200, { ...statusOf(), players: 'many' })],
    [
      'huge',
      (_, response) =>
        json(response, 200, JSON.stringify({ ...statusOf(), maintenance: 'x'.repeat(3_000_000) })),
    ],
    [
      'a redirect',
      (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    ],
    ['an error without words', (_, response) => json(response, 500, 'oops')],
    [
      'a sign-out',
      (_, response) => json(response, 401, { code: 'AGENT_UNAUTHORIZED', detail: 'no' }),
    ],
    [
      "one of the platform's codes",
      (_, response) => json(response, 403, { code: 'http.unauthenticated', detail: 'no' }),
    ],
  ];
  for (const [name, answer] of nonsense) {
    const { target, close } = await serve(answer);
    const { status, code } = await problemOf(kernel.use(Agents).status(target));
    assert.equal([status, code], [502, 'agents.faulty'], name);
    assert.is(await kernel.use(Agents).reachable(target), false, name);
    close();
  }
  const { target, close } = await serve((request) => request.socket.destroy());
  assert.equal([(await problemOf(kernel.use(Agents).status(target))).code], ['agents.unreachable']);
  close();
  // One byte now and then, for ever: the limit is on the whole.
  const drip = await serve((_, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write(' '), 100);
    response.on('close', () => clearInterval(timer));
  });
  assert.is((await problemOf(kernel.use(Agents).status(drip.target))).code, 'agents.unreachable');
  drip.close();
});

test('what an agent refuses keeps its code and words, shortened; what is beside them is checked', async () => {
  const { target, close } = await serve((_, response) =>
    json(response, 409, {
      code: 'AGENT_OPERATION_CONFLICT',
      detail: 'd'.repeat(5000),
      hint: 'Wait.',
      operation: { id: 5 },
      errors: [{ path: '/a', message: 'no' }, 7, null, { path: 1 }],
    }),
  );
  const { status, code, message, members } = await problemOf(
    kernel.use(Agents).act(target, 'start', randomUUID()),
  );
  assert.equal([status, code, message.length], [409, 'AGENT_OPERATION_CONFLICT', 500]);
  assert.equal(members, { errors: [{ path: '/a', message: 'no' }] });
  close();
});

test('busy and too late are told as such, any other failure as a fault of the agent', async () => {
  const { target, close } = await serve(({ url }, response) =>
    json(response, Number(url!.slice(1)), { code: 'AGENT_TEST', detail: 'No.' }),
  );
  const answers = await Promise.all(
    [500, 503, 504, 507].map((status) => {
      const question = { method: 'GET', path: `/${status}`, schema: Type.Object({}) } as const;
      return problemOf(kernel.use(Agents).request(target, question));
    }),
  );
  assert.equal(
    answers.map(({ status, code }) => [status, code]),
    [502, 503, 504, 502].map((status) => [status, 'AGENT_TEST']),
  );
  close();
});

test('what a plugin asks its own room of an agent is held to the schema it names', async () => {
  const schema = Type.Object({ items: Type.Array(Type.String()) });
  const { target, close } = await serve(({ url }, response) =>
    json(response, 200, url === '/things' ? { items: ['x'.repeat(2000)], more: 1 } : { items: 1 }),
  );
  const asked = kernel.use(Agents).request(target, { method: 'GET', path: '/things', schema });
  assert.equal(await asked, { items: ['x'.repeat(2000)] });
  const wrong = kernel.use(Agents).request(target, { method: 'GET', path: '/else', schema });
  assert.equal((await problemOf(wrong)).code, 'agents.faulty');
  close();
});

test('streams go through in both directions as they are, and what is refused is a problem', async () => {
  const { target, close } = await serve((request, response) => {
    if (request.url === '/refused')
      return json(response, 409, { code: 'FILES_CHANGED', detail: 'It has changed.', etag: 'b' });
    response.writeHead(200, { etag: '"a"' });
    request.pipe(response);
  });
  const body = randomBytes(5_000_000);
  const { headers, body: answer } = await kernel.use(Agents).stream(target, {
    method: 'PUT',
    path: '/content',
    body: Readable.from([body.subarray(0, 100), body.subarray(100)]),
  });
  assert.is(headers['etag'], '"a"');
  assert.ok(body.equals(await buffer(answer)));
  const refused = kernel.use(Agents).stream(target, { method: 'GET', path: '/refused' });
  const { status, code, members } = await problemOf(refused);
  assert.equal([status, code, members], [409, 'FILES_CHANGED', { etag: 'b' }]);
  close();
});

test('what a stream is answered with is held to its schema too, and is not read without end', async () => {
  const schema = Type.Object({ offset: Type.Integer() });
  const outcomeOf = async (answer: Answer) => {
    const { target, close } = await serve((request, response) => {
      request.resume();
      answer(request, response);
    });
    try {
      const sent = { method: 'PUT', path: '/', body: Readable.from(['x']) } as const;
      const stream = await kernel.use(Agents).stream(target, sent);
      return await kernel.use(Agents).readJson(stream, schema);
    } catch (error) {
      return (error as Problem).code;
    } finally {
      close();
    }
  };
  assert.equal(await outcomeOf((_, response) => json(response, 200, { offset: 5, more: 1 })), {
    offset: 5,
  });
  assert.is(
    await outcomeOf((_, response) => json(response, 200, { offset: 'x' })),
    'agents.faulty',
  );
  assert.is(await outcomeOf((_, response) => json(response, 200, '{')), 'agents.faulty');
  const endless: Answer = (_, response) => {
    const more = () => {
      while (response.write(Buffer.alloc(65_536, ' ')));
    };
    response.on('drain', more).writeHead(200);
    more();
  };
  assert.is(await outcomeOf(endless), 'agents.faulty');
});

/** A phase whose work of the agent is to be cancelled. */
const phaseContext = () =>
  ({
    operationId: randomUUID(),
    attempt: 1,
    signal: new AbortController().signal,
  }) as unknown as PhaseContext<unknown>;

test('work is cancelled as soon as its agent answers again', async () => {
  const id = randomUUID();
  let asked = 0;
  const { target, close } = await serve((_, response) => {
    if (++asked === 1) response.destroy();
    else if (asked === 2) json(response, 503, { code: 'AGENT_STARTING', detail: 'Not yet.' });
    else json(response, 202, { operation: operationOf(id, 'running') });
  });
  const cancel = (timeoutMs: number) =>
    kernel.use(Agents).cancelRun(phaseContext(), { name: 'work', target, timeoutMs });
  assert.is(await cancel(60_000), true);
  assert.is(asked, 3);
  close();
  assert.is(await cancel(0), false, 'nobody was told');
});

test('work that an agent does not know, or has done, needs no cancelling', async () => {
  for (const status of [404, 409]) {
    const { target, close } = await serve((_, response) =>
      json(response, status, { code: 'AGENT_NO', detail: 'No.' }),
    );
    const run = { name: 'work', target };
    assert.is(await kernel.use(Agents).cancelRun(phaseContext(), run), true);
    close();
  }
});

test('a call ends with its signal', async () => {
  const { target, close } = await serve(() => undefined);
  const stop = new AbortController();
  const call = kernel.use(Agents).status(target, stop.signal);
  stop.abort(new Error('enough'));
  await call.then(
    () => assert.unreachable(),
    (error: Error) => assert.is(error.message, 'enough'),
  );
  close();
});

test('an operation is followed by the reports of its agent, without asking', async () => {
  const id = await enrol();
  const operationId = randomUUID();
  let asked = 0;
  let state: AgentOperation['state'] = 'running';
  const { target, close } = await serve((_, response) => {
    asked++;
    json(response, 200, { operation: operationOf(operationId, state) });
  }, id);
  const seen: string[] = [];
  const waiting = Promise.withResolvers<void>();
  const followed = kernel.use(Agents).follow(target, operationId, {
    signal: AbortSignal.timeout(scaled(30_000)),
    onChange: (operation) => {
      seen.push(operation.state);
      waiting.resolve();
    },
  });
  await waiting.promise;
  await report(id, statusOf({ operation: operationOf(operationId, 'running') }));
  state = 'succeeded';
  await report(id, statusOf({ operation: null }));
  assert.is((await followed).state, 'succeeded');
  assert.is(seen.at(-1), 'succeeded');
  // Once at the beginning, once at the end; a slow machine may let three quiet seconds pass between.
  assert.ok(asked <= 3, `it was asked ${asked} times`);
  close();
});

test('an agent that stays away while it is followed is given up after its time', async () => {
  const { target, close } = await serve((request) => request.socket.destroy());
  const followed = kernel
    .use(Agents)
    .follow(target, randomUUID(), { signal: AbortSignal.timeout(scaled(30_000)), silenceMs: 100 });
  assert.is((await problemOf(followed)).code, 'agents.silent');
  close();
});

test('a console that is refused says so and leaves nothing open', async () => {
  const { target, close } = await serve((_, response) =>
    response.writeHead(200).write('not a socket'),
  );
  assert.is((await problemOf(kernel.use(Agents).socket(target, '/console'))).code, 'agents.faulty');
  close();
  assert.is(
    (await problemOf(kernel.use(Agents).socket(target, '/console'))).code,
    'agents.unreachable',
  );
});

test('a report is told to every process, and to administrators alone', async () => {
  const id = await enrol();
  const next = kernel
    .use(Events)
    .next(({ type }) => type === 'agents.reported', AbortSignal.timeout(scaled(30_000)));
  await report(id, statusOf());
  const { userId, instanceId, data } = await next;
  assert.equal(
    { userId, instanceId, data },
    { userId: null, instanceId: id, data: { operation: null, state: 'running', ready: true } },
  );
});

test('the migrations make the schema that the entities describe', async () => {
  assert.is(await schemaDifference(kernel), '');
});

test.run();
