/** Promises of starting and stopping: a clear word when it cannot listen, and no request cut off when it ends. */
import { createServer } from 'node:net';
import { once } from 'node:events';
import { definePlugin } from '@zlh/kernel';
import { startTestKernel } from '@zlh/kernel/testing';
import { Type } from 'typebox';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { defineRoute, Http, ListeningHooks, ReadinessChecks, Routes, type Route } from './index.ts';
import http from './platform.ts';
import { TestClient } from './testing/client.ts';
import { startHttp } from './testing/start.ts';

const simple = (url: string): Route =>
  defineRoute({ method: 'GET', url, summary: 'x', access: 'public', handler: () => ({}) });

async function failure(
  work: Promise<unknown>,
): Promise<{ message: string; cause?: { code: string; message: string; hint: string } }> {
  try {
    await work;
  } catch (error) {
    return error as never;
  }
  throw new Error('it did not fail');
}

test('a busy port is said in one sentence, with what to do', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const { cause } = await failure(startTestKernel({ plugins: [http], config: { http: { port } } }));
  assert.is(cause?.code, 'HTTP_PORT_IN_USE');
  assert.is(cause?.message, `Port ${port} on 127.0.0.1 is already in use.`);
  assert.is(cause?.hint, 'Stop what uses it, or choose another with ZLH_HTTP_PORT.');
  other.close();
});

test('an address this machine does not have is said plainly', async () => {
  const { cause } = await failure(
    startTestKernel({ plugins: [http], config: { http: { port: 0, host: '192.0.2.1' } } }),
  );
  assert.is(cause?.code, 'HTTP_HOST_UNKNOWN');
});

test('a proxy that is no address is said plainly', async () => {
  const { cause } = await failure(
    startTestKernel({
      plugins: [http],
      config: { http: { port: 0, trustedProxies: ['my-proxy'] } },
    }),
  );
  assert.is(cause?.code, 'HTTP_WRONG_PROXY');
});

test('two plugins with one route are told apart by name, whatever they call its parameter', async () => {
  const plugin = (id: string, url: string) =>
    definePlugin({ id, setup: ({ add }) => add(Routes, [simple(url)]) });
  const { cause } = await failure(
    startTestKernel({
      plugins: [http, plugin('one', '/api/a/:id'), plugin('two', '/api/a/:name')],
      config: { http: { port: 0 } },
    }),
  );
  assert.is(cause?.code, 'HTTP_ROUTE_TAKEN');
  assert.is(cause?.message, '"one" and "two" both answer GET /api/a/:name.');
});

test('whoever waits hears where it listens', async () => {
  const heard: string[] = [];
  const plugin = definePlugin({
    id: 'listens',
    setup: ({ add }) => add(ListeningHooks, () => (url) => heard.push(url)),
  });
  const kernel = await startTestKernel({
    plugins: [http, plugin],
    config: { http: { port: 0, publicUrl: 'https://panel.example.org' } },
  });
  assert.match(await kernel.use(Http).listening, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.is(kernel.use(Http).publicUrl, 'https://panel.example.org');
  assert.equal(heard, ['https://panel.example.org']);
  await kernel.stop();
});

test('a request under way is finished when the platform stops, and new ones are not taken', async () => {
  const begun = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const kernel = await startHttp([
    defineRoute({
      method: 'GET',
      url: '/api/slow',
      summary: 'x',
      access: 'public',
      async handler() {
        begun.resolve();
        await gate.promise;
        return { done: true };
      },
    }),
    simple('/api/quick'),
  ]);
  const client = new TestClient(kernel);
  await client.get('/api/quick'); // leaves an idle connection
  const slow = client.get('/api/slow');
  await begun.promise;
  const stopped = kernel.stop();
  gate.resolve();
  assert.equal((await slow).body, { done: true });
  await stopped;
  await failure(client.get('/api/quick'));
});

test('a request that never ends does not keep the platform from stopping', async () => {
  const begun = Promise.withResolvers<void>();
  const never = defineRoute({
    method: 'GET',
    url: '/api/never',
    summary: 'x',
    access: 'public',
    handler: () => (begun.resolve(), new Promise(() => undefined)),
  });
  const kernel = await startHttp([never], { drainSeconds: 0.1 });
  const cut = failure(new TestClient(kernel).get('/api/never'));
  await begun.promise;
  await kernel.stop();
  await cut;
});

test('routes of a plugin that failed to start are not served', async () => {
  const broken = definePlugin({
    id: 'broken',
    setup: ({ add }) => add(Routes, [simple('/api/broken')]),
    start() {
      throw new Error('no');
    },
  });
  const kernel = await startTestKernel({
    plugins: [http, broken],
    config: { http: { port: 0 }, broken: { onFailure: 'continue' } },
    logLevel: 'silent',
  });
  assert.is((await new TestClient(kernel).get('/api/broken')).status, 404);
  await kernel.stop();
});

test('readiness names the check that fails, without telling what it threw', async () => {
  let fault: string | null = null;
  const plugin = definePlugin({
    id: 'checks',
    setup({ add }) {
      add(ReadinessChecks, { name: 'worker', check: async () => fault });
      add(ReadinessChecks, {
        name: 'shy',
        check: async () => {
          if (fault !== null) throw new Error('db.internal refused password');
          return null;
        },
      });
    },
  });
  const kernel = await startTestKernel({
    plugins: [http, plugin],
    config: { http: { port: 0, checkAnswers: true } },
  });
  const client = new TestClient(kernel);
  assert.equal(
    [(await client.get('/health/live')).body, (await client.get('/health/ready')).status],
    [{ status: 'live' }, 200],
  );
  fault = 'It waits for the database.';
  const { status, headers, body } = await client.get('/health/ready');
  assert.equal([status, headers.get('retry-after'), body.code], [503, '2', 'http.not-ready']);
  assert.is(body.detail, 'Not ready: worker (It waits for the database), shy (its check failed).');
  assert.is((await client.get('/health/live')).status, 200);
  await kernel.stop();
});

test('the document describes every route that is not hidden, and docs are served from here alone', async () => {
  const kernel = await startHttp([
    defineRoute({
      method: 'POST',
      url: '/api/things/:id/start',
      summary: 'Start it',
      access: { permission: 'things.read' },
      schema: {
        params: Type.Object({ id: Type.String() }),
        query: Type.Object({ n: Type.Integer({ default: 1 }) }),
        response: { 202: Type.Object({}) },
      },
      handler: () => ({}),
    }),
  ]);
  const client = new TestClient(kernel);
  const { body } = await client.get('/api/openapi.json');
  assert.is(body.openapi, '3.1.0');
  const operation = body.paths['/api/things/{id}/start'].post;
  assert.is(operation.operationId, 'postThingsByIdStart');
  assert.equal(operation.tags, ['things']);
  assert.equal(operation.security, [{ session: [] }, { apiKey: ['things.read'] }]);
  assert.equal(Object.keys(operation.responses), ['202', 'default']);
  assert.equal(
    operation.parameters.map(({ name, required }: { name: string; required: boolean }) => [
      name,
      required,
    ]),
    [
      ['n', false],
      ['id', true],
    ],
  );
  assert.equal(Object.keys(body.paths), [
    '/health/live',
    '/health/ready',
    '/api/things/{id}/start',
  ]);
  const docs = await client.get('/api/docs/');
  assert.is(docs.status, 200);
  assert.not.match(docs.body, /(src|href)="https?:/);
  await kernel.stop();
});

test.run();
