/** A few letters find the thing meant. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { matching } from './matching.ts';

const things = ['Restart Skyblock', 'Skyblock', 'Create server', 'Sign out'];
const found = (query: string): readonly string[] => matching(things, query, (thing) => thing);

test('no query offers everything as it is', () => {
  assert.equal(found(' '), things);
});

test('what starts so comes first, what only contains it later', () => {
  assert.equal(found('sky'), ['Skyblock', 'Restart Skyblock']);
  assert.equal(found('s')[0], 'Skyblock');
});

test('every word must be there', () => {
  assert.equal(found('sky rest'), ['Restart Skyblock']);
  assert.equal(found('sky zebra'), []);
});

test.run();
