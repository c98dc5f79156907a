/** Forms speak up when one leaves a field, fall silent when it is mended, and keep what was typed. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { toApiError } from '../api/problem.ts';
import { Form } from './form.ts';

function makeForm() {
  const host = {
    addController() {},
    removeController() {},
    requestUpdate() {},
    updateComplete: Promise.resolve(true),
  };
  return new Form(
    host,
    { name: '', size: '1' },
    { name: (value) => (value ? undefined : 'Give a name.') },
  );
}

test('a field is not blamed while one types, but when one leaves it', () => {
  const form = makeForm();
  form.set('name', '');
  assert.is(form.faults.name, undefined);
  form.leave('name');
  assert.is(form.faults.name, 'Give a name.');
});

test('the fault goes as soon as it is mended', () => {
  const form = makeForm();
  form.leave('name');
  form.set('name', 'x');
  assert.is(form.faults.name, undefined);
});

test('submitting checks everything and names the first field at fault', () => {
  const form = makeForm();
  assert.is(form.firstFault(), 'name');
  form.set('name', 'x');
  assert.is(form.firstFault(), undefined);
});

test('faults the platform found stand at their fields as sentences; others are left to be shown elsewhere', () => {
  const form = makeForm();
  form.set('name', 'kept');
  assert.ok(
    form.refuse(
      toApiError(422, {
        code: 'c',
        errors: [
          { path: '/name', message: 'is taken' },
          { path: '/other', message: 'is odd' },
        ],
      }),
    ),
  );
  assert.equal(form.faults, { name: 'This is taken.' });
  assert.is(form.values.name, 'kept');
  assert.not(makeForm().refuse(toApiError(409, { code: 'c' })));
});

test.run();
