/** Guarantees: of a union with a discriminator, faults are those of the member that the value names. */
import { Type } from 'typebox';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Problem } from './problem.ts';
import { closed, compileValidator } from './validation.ts';

const shapes = Type.Union(
  [
    Type.Object({ kind: Type.Literal('circle'), radius: Type.Integer() }),
    Type.Object({ kind: Type.Literal('square'), side: Type.Integer({ default: 2 }) }),
  ],
  { discriminator: { propertyName: 'kind' } },
);
const validate = compileValidator(closed(shapes), 'body');

function faults(value: unknown): unknown {
  try {
    return validate(value);
  } catch (error) {
    assert.instance(error, Problem);
    const { errors } = (error as Problem).members as {
      errors: { path: string; message: string }[];
    };
    return errors.map(({ path, message }) => `${path} ${message}`);
  }
}

test('a value is checked and filled by the member it names', () => {
  assert.equal(faults({ kind: 'circle', radius: 1 }), { kind: 'circle', radius: 1 });
  assert.equal(faults({ kind: 'square' }), { kind: 'square', side: 2 });
});

test('faults name the members of one schema', () => {
  assert.equal(faults({ kind: 'circle', side: 1 }), [
    '/radius is required',
    '/side is not known here',
  ]);
  assert.equal(faults({ kind: 'oval' }), ['/kind must be one of "circle", "square"']);
  assert.equal(faults({}), ['/kind is required']);
  for (const value of [null, 1, 'circle', []]) assert.is((faults(value) as string[]).length, 1);
});

test.run();
