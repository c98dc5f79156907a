/** Which updates are remembered, and that a publisher in trouble is left alone. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UpdateCache } from './update-cache.ts';

const fit = { kind: 'mod', loaders: ['fabric'], version: '1.0' } as const;

test('a publisher is asked once for a set, also by many at once', async () => {
  const cache = new UpdateCache();
  let asked = 0;
  const ask = async () => {
    asked++;
    return new Map();
  };
  await Promise.all([1, 2, 3].map(() => cache.get(fit, [], ask)));
  await cache.get({ ...fit, version: '2.0' }, [], ask);
  assert.is(asked, 2);
});

test('one that does not answer is not known, and not asked again at once', async () => {
  const cache = new UpdateCache();
  let asked = 0;
  const fail = async () => {
    asked++;
    throw new Error('no answer');
  };
  assert.is(await cache.get(fit, [], fail), null);
  assert.is(await cache.get(fit, [], fail), null);
  assert.is(asked, 1);
});

test.run();
