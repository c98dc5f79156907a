/** The document is one that a client can be generated from: what has a name stands in it once, and it needs no start. */
import { definePlugin, Commands } from '@zlh/kernel';
import { startTestKernel } from '@zlh/kernel/testing';
import { Type } from 'typebox';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { defineRoute, page, Routes, type Route } from './index.ts';
import { nameSchemas } from './named-schemas.ts';
import http from './platform.ts';
import { TestClient } from './testing/client.ts';
import { startHttp } from './testing/start.ts';

const Part = Type.Object({ title: Type.String() }, { title: 'Part' });
const Thing = Type.Object({ id: Type.String(), parts: Type.Array(Part) }, { title: 'Thing' });
const things = (list: readonly Partial<Parameters<typeof defineRoute>[0]>[]): readonly Route[] =>
  list.map((each) =>
    defineRoute({
      method: 'GET',
      url: '/api/things',
      summary: 'x',
      access: 'public',
      handler: () => ({}),
      ...each,
    }),
  );
const routes = things([
  { schema: { response: { 200: page(Thing) } } },
  { url: '/api/things/:id', schema: { response: { 200: Thing } } },
  { method: 'POST', idempotent: true, schema: { body: Type.Object({}), response: { 201: Thing } } },
]);

test('a schema with a title stands once, under its name, wherever it is used', async () => {
  const kernel = await startHttp(routes);
  const { body } = await new TestClient(kernel).get('/api/openapi.json');
  const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
  const schemaOf = ({ responses }: any, status: number) =>
    responses[status].content['application/json'].schema;
  const list = body.paths['/api/things'];
  assert.equal(schemaOf(list.get, 200).properties.items.items, ref('Thing'));
  assert.equal(schemaOf(list.post, 201), ref('Thing'));
  assert.equal(schemaOf(body.paths['/api/things/{id}'].get, 200), ref('Thing'));
  assert.equal(body.components.schemas.Thing.properties.parts.items, ref('Part'));
  assert.equal(body.components.schemas.Part.properties, { title: { type: 'string' } });
  await kernel.stop();
});

test('two things with one title are both told as they are', () => {
  const [one, other] = [{ type: 'string' }, { type: 'integer' }];
  const { rest, schemas } = nameSchemas([
    { title: 'A', ...one },
    { title: 'A', ...other },
  ]);
  assert.equal(rest, [{ $ref: '#/components/schemas/A' }, { title: 'A', ...other }]);
  assert.equal(schemas, { A: one });
});

test('a route that knows repeats says so, the others do not', async () => {
  const kernel = await startHttp(routes);
  const { body } = await new TestClient(kernel).get('/api/openapi.json');
  const { get, post } = body.paths['/api/things'];
  assert.equal(
    post.parameters.map(({ name, in: place, required }: any) => [name, place, required]),
    [['Idempotency-Key', 'header', false]],
  );
  assert.is(get.parameters, undefined);
  assert.not.match(JSON.stringify(post), 'x-idempotent');
  await kernel.stop();
});

test('what has a default may be left out of a body', async () => {
  const inner = Type.Object({ deep: Type.Boolean({ default: true }), must: Type.String() });
  const body = Type.Object({ inner, count: Type.Integer({ default: 1 }) });
  const kernel = await startHttp(things([{ method: 'POST', schema: { body } }]));
  const { paths } = (await new TestClient(kernel).get('/api/openapi.json')).body;
  const { schema } = paths['/api/things'].post.requestBody.content['application/json'];
  assert.equal(schema.required, ['inner']);
  assert.equal(schema.properties.inner.required, ['must']);
  await kernel.stop();
});

test('"zlh openapi" prints what a started platform answers', async () => {
  const kernel = await startTestKernel({
    plugins: [http, definePlugin({ id: 'things', setup: ({ add }) => add(Routes, routes) })],
    config: { http: { port: 0 } },
  });
  const answered = (await new TestClient(kernel).get('/api/openapi.json')).body;
  const command = kernel.points(Commands).find(({ value }) => value.name === 'openapi');
  const printed: string[] = [];
  await command?.value.run({
    args: [],
    print: (line) => void printed.push(line),
    points: (to) => kernel.points(to),
  });
  assert.equal(JSON.parse(printed.join('')), answered);
  await kernel.stop();
});

test.run();
