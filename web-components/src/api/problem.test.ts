/** Whatever comes instead of an answer can be shown: a sentence, what to do, a code. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { asApiError, toApiError, unreachable } from './problem.ts';

test('a problem of the platform is shown in its own words', () => {
  const error = toApiError(409, {
    title: 'Conflict',
    detail: 'Another runs.',
    code: 'operations.conflict',
    operation: { id: 'a', kind: 'k' },
  });
  assert.is(error.message, 'Another runs.');
  assert.is(error.code, 'operations.conflict');
  assert.equal(error.operation, { id: 'a', kind: 'k' });
});

test('a hint comes from the problem itself, never from its status', () => {
  for (const status of [401, 403, 404, 409, 422, 429, 500, 502, 503]) {
    const told = { code: 'accounts.setup-over', detail: 'This set-up link was used.' };
    assert.is(toApiError(status, told).hint, '');
    assert.is(toApiError(status, { ...told, hint: 'Ask for another.' }).hint, 'Ask for another.');
  }
});

test('faults of a 422 are found by the name of the field', () => {
  const error = toApiError(422, {
    code: 'http.invalid',
    errors: [
      { path: '/name', message: 'is taken' },
      { path: '/memoryMiB', message: 'is too big' },
    ],
  });
  assert.equal(error.fields, { name: 'is taken', memoryMiB: 'is too big' });
});

test('an answer that is no problem, such as a proxy gives, still has a sentence and a code', () => {
  for (const body of [undefined, '', '<html>', null, []]) {
    const error = toApiError(502, body);
    assert.is(error.code, 'HTTP_502');
    assert.ok(error.message.endsWith('.'));
    assert.ok(error.hint.endsWith('.'));
  }
});

test('no answer, and an error of our own, are errors like the others', () => {
  assert.is(unreachable().status, 0);
  assert.is(asApiError(new TypeError('x is not a function')).code, 'PORTAL_UNEXPECTED');
  const error = unreachable();
  assert.is(asApiError(error), error);
});

test.run();
