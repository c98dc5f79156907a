/** The elements know the platform's routes as they are, and what the generator makes of a document is what it says. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { generate, generateParts, partsFile, schemaFile } from './generate.ts';
import { render } from './render.ts';
import { typeOf } from './type-of.ts';

test('src/api/schema.ts says what the routes say', () => {
  assert.ok(
    readFileSync(schemaFile, 'utf8') === generate(),
    'A route has changed. Run: npm run generate -w web-components',
  );
});

test('test/parts.json says what the plugins add to the portal', () => {
  assert.ok(
    readFileSync(partsFile, 'utf8') === generateParts(),
    'A part of the portal has changed. Run: npm run generate -w web-components',
  );
});

test('schemas become the types they describe', () => {
  const text = { type: 'string' };
  const cases = [
    [text, 'string'],
    [{ type: 'integer' }, 'number'],
    [{ const: 'a' }, '"a"'],
    [{ enum: ['a', 1, null] }, '"a" | 1 | null'],
    [{ anyOf: [text, { type: 'null' }, text] }, 'string | null'],
    [{ type: 'array', items: { enum: ['a', 'b'] } }, '("a" | "b")[]'],
    [{ $ref: '#/components/schemas/Instance' }, 'Instance'],
    [{ type: 'object', patternProperties: { '^.*$': text } }, 'Record<string, string>'],
    [{ type: 'object', additionalProperties: {} }, 'Record<string, unknown>'],
    [{}, 'unknown'],
    [
      { type: 'object', required: ['a'], properties: { a: text, 'b-c': { type: 'boolean' } } },
      '{ a: string; "b-c"?: boolean; }',
    ],
  ] as const;
  for (const [schema, type] of cases) assert.is(typeOf(schema), type);
});

test('a description becomes a comment and cannot end it', () => {
  const schema = { type: 'object', properties: { a: { description: 'x */ y\nz' } } };
  assert.match(typeOf(schema), '/** x * / y\n * z */\na?: unknown;');
});

test('a route becomes its parameters, body and answers; a WebSocket is left out', () => {
  const json = (schema: object) => ({ content: { 'application/json': { schema } } });
  const text = render({
    components: { schemas: {} },
    paths: {
      '/api/things/{id}': {
        post: {
          operationId: 'postThingsById',
          parameters: [
            { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
            { name: 'limit', in: 'query', schema: { type: 'integer' } },
          ],
          requestBody: json({ type: 'string' }),
          responses: { 201: json({ type: 'null' }), 204: {}, default: { $ref: '#/x' } },
        },
      },
      '/api/console': { get: { operationId: 'connectConsole', responses: {} } },
    },
  }).replace(/\s+/g, ' ');
  assert.match(text, 'parameters: { path: { id: string; }; query?: { limit?: number; }; };');
  assert.match(text, 'requestBody: Json<string>;');
  assert.match(text, 'responses: { 201: Json<null>; 204: Nothing; default: Refusal; };');
  assert.not.match(text, 'console');
});

test.run();
