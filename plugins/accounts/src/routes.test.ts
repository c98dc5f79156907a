/** Every route of accounts and http, tried by everybody, and with input nobody should send. */
import { startTestKernel, type TestKernel } from '@zlh/kernel/testing';
import database from '@zlh/database/platform';
import { Routes } from '@zlh/http';
import http from '@zlh/http/platform';
import { badInput, TestClient } from '@zlh/http/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import accounts from './platform.ts';
import { administrator, register, testSettings, withKey } from './testing/index.ts';

let kernel: TestKernel;
test.before(async () => {
  kernel = await startTestKernel({ plugins: [database, http, accounts], config: testSettings });
});
test.after(() => kernel.stop());

const id = '01980000-0000-7000-8000-000000000000';
/** Route → answers for: anonymous, user, administrator, key of an administrator without the scope. */
const expected: Readonly<Record<string, readonly [number, number, number, number]>> = {
  'POST /api/auth/register': [422, 422, 422, 422],
  'POST /api/auth/login': [422, 422, 422, 422],
  'POST /api/auth/setup': [422, 422, 422, 422],
  'POST /api/auth/password': [401, 422, 422, 422],
  'POST /api/auth/delete-account': [401, 422, 422, 422],
  'GET /api/auth/me': [401, 200, 200, 200],
  'GET /api/auth/sessions': [401, 200, 200, 403],
  'DELETE /api/auth/sessions/:id': [401, 404, 404, 403],
  'GET /api/permissions': [401, 200, 200, 200],
  'GET /api/api-keys': [401, 200, 200, 403],
  'POST /api/api-keys': [401, 422, 422, 403],
  'DELETE /api/api-keys/:id': [401, 404, 404, 403],
  'GET /api/users': [401, 403, 200, 403],
  'POST /api/users': [401, 403, 422, 403],
  'PATCH /api/users/:id': [401, 403, 422, 403],
  'POST /api/users/:id/disable': [401, 403, 404, 403],
  'POST /api/users/:id/enable': [401, 403, 404, 403],
  'POST /api/users/:id/password': [401, 403, 422, 403],
  'DELETE /api/users/:id': [401, 403, 404, 403],
  'GET /api/audit': [401, 403, 200, 200],
  'GET /health/live': [200, 200, 200, 200],
  'GET /health/ready': [200, 200, 200, 200],
  'GET /api/openapi.json': [200, 200, 200, 200],
  // These end what the others need, so they come last.
  'POST /api/auth/logout': [204, 204, 204, 204],
  'DELETE /api/auth/sessions': [401, 401, 401, 403],
};

test('the table below names every route', () => {
  const routes = kernel
    .points(Routes)
    .flatMap(({ value }) => value.map(({ method, url }) => `${method} ${url}`));
  assert.equal(routes.sort(), Object.keys(expected).sort());
});

test('every route lets in whom it should, and nobody else', async () => {
  const admin = await administrator(kernel);
  const clients = [
    new TestClient(kernel),
    (await register(kernel)).client,
    admin.client,
    await withKey(kernel, admin, ['accounts.audit']),
  ];
  for (const [route, statuses] of Object.entries(expected)) {
    const [method, url] = route.split(' ') as [string, string];
    const got: number[] = [];
    for (const client of clients)
      got.push(
        (
          await client.send(
            method,
            url.replace(':id', id),
            method.startsWith('P') && !/\/(logout|disable|enable)$/.test(url) ? {} : undefined,
          )
        ).status,
      );
    assert.equal(got, statuses, route);
  }
});

const except = ['POST /api/auth/logout', 'DELETE /api/auth/sessions'];

test('no input breaks a route, whoever sends it', async () => {
  const admin = await administrator(kernel);
  const report = await badInput(kernel, { except });
  assert.equal(report.faults, []);
  assert.ok(
    report.routes >= 16 && report.requests > 350,
    `${report.requests} requests to ${report.routes} routes`,
  );
  assert.equal(
    (await badInput(kernel, { except, headers: { cookie: admin.client.cookie! } })).faults,
    [],
  );
});

test.run();
