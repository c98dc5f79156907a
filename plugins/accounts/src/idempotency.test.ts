/** Promises of the `Idempotency-Key`: work is done once, and everybody who repeats is told the same. */
import { definePlugin } from '@zlh/kernel';
import { startTestKernel, type TestKernel } from '@zlh/kernel/testing';
import database from '@zlh/database/platform';
import { Database } from '@zlh/database';
import { defineRoute, problems, Routes } from '@zlh/http';
import http from '@zlh/http/platform';
import type { TestClient } from '@zlh/http/testing';
import { Type } from 'typebox';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import accounts from './platform.ts';
import { register, testSettings, type Person } from './testing/index.ts';

let made = 0;
let gate: Promise<void> = Promise.resolve();
let begun = Promise.withResolvers<void>();
const things = definePlugin({
  id: 'things',
  setup: ({ add }) =>
    add(Routes, [
      defineRoute({
        method: 'POST',
        url: '/api/things',
        summary: 'Make a thing',
        access: 'signed-in',
        idempotent: true,
        schema: {
          body: Type.Object({ name: Type.String() }),
          response: { 201: Type.Object({ number: Type.Integer() }) },
        },
        async handler({ body }) {
          begun.resolve();
          await gate;
          if (body.name === 'refused') throw problems.conflict('things.refused', 'No.');
          return { number: ++made };
        },
      }),
    ]),
});

let kernel: TestKernel;
let person: Person;
test.before(async () => {
  kernel = await startTestKernel({
    plugins: [database, http, accounts, things],
    config: testSettings,
  });
  person = await register(kernel);
});
test.after(() => kernel.stop());
test.before.each(() => {
  made = 0;
  gate = Promise.resolve();
  begun = Promise.withResolvers();
});

const make = (client: TestClient, key: string, name = 'thing') =>
  client.post('/api/things', { name }, { 'idempotency-key': key });

test('a repeat gets the first answer and makes nothing', async () => {
  const first = await make(person.client, 'a');
  const again = await make(person.client, 'a');
  assert.equal([first.status, first.body], [201, { number: 1 }]);
  assert.equal([again.status, again.body], [201, { number: 1 }]);
  assert.is(made, 1);
});

test('without a key, or with another one, something new is made', async () => {
  await person.client.post('/api/things', { name: 'thing' });
  await make(person.client, 'b1');
  await make(person.client, 'b2');
  assert.is(made, 3);
});

test('the same key with another body is refused', async () => {
  await make(person.client, 'c');
  const other = await make(person.client, 'c', 'other');
  assert.equal([other.status, other.body.code], [422, 'http.idempotency-mismatch']);
});

test('the key of somebody else is another key', async () => {
  await make(person.client, 'd');
  await make((await register(kernel)).client, 'd');
  assert.is(made, 2);
});

test('a repeat while the first still runs is refused, and gets its answer afterwards', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  gate = promise;
  const first = make(person.client, 'e');
  await begun.promise;
  assert.equal([(await make(person.client, 'e')).body.code, made], ['http.idempotency-running', 0]);
  resolve();
  assert.equal((await first).body, { number: 1 });
  assert.equal((await make(person.client, 'e')).body, { number: 1 });
});

test('ten at once make one thing', async () => {
  const answers = await Promise.all(Array.from({ length: 10 }, () => make(person.client, 'f')));
  assert.is(made, 1);
  assert.ok(answers.every(({ status }) => status === 201 || status === 409));
});

test('what was refused may be sent again', async () => {
  assert.is((await make(person.client, 'g', 'refused')).status, 409);
  assert.is((await make(person.client, 'g', 'thing')).status, 201);
});

test('after a day the key is free again', async () => {
  await make(person.client, 'h');
  await kernel
    .use(Database)
    .fork()
    .execute(
      `update accounts_idempotency set created_at = now() - interval '25 hours' where key = 'h'`,
    );
  assert.equal((await make(person.client, 'h', 'other')).body, { number: 2 });
});

test('a key that is no key is refused', async () => {
  const { status, body } = await make(person.client, 'x'.repeat(201));
  assert.equal([status, body.errors[0].path], [422, 'headers.idempotency-key']);
});

test.run();
