/** Faults are told in the schema's own words, and a regular expression is never shown. */
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { faultMessage } from './fault-message.ts';

const told = (schema: Type.TSchema, value: unknown) =>
  Value.Errors(schema, value).map((fault) => faultMessage(schema, fault));
const hex = Type.String({ pattern: '^[0-9a-f]{4}$', patternErrorMessage: 'must be 4 digits' });

test('a fault of a pattern has the words of its schema, however deep it is', () => {
  assert.equal(told(hex, 'x'), ['must be 4 digits']);
  const list = Type.Object({ 'a/b~c': Type.Array(Type.Object({ hash: hex })) });
  assert.equal(told(list, { 'a/b~c': [{ hash: 'ffff' }, { hash: '%' }] }), ['must be 4 digits']);
});

test('a pattern without words shows no regular expression', () => {
  const [message] = told(Type.String({ pattern: '^%+$' }), 'x');
  assert.is(message, 'must have the form that is described for it');
  const keyed = Type.Record(Type.String({ pattern: '^[%/]+$' }), Type.String({ pattern: '^y$' }));
  for (const each of told(keyed, { '%/': 'n' })) assert.not.match(each, /[$^]/);
});

test('every other fault keeps its words', () => {
  assert.equal(told(Type.Integer({ minimum: 2 }), 1), ['must be >= 2']);
});

test.run();
