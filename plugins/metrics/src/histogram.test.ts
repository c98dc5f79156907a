/** A histogram counts into its buckets and stays within its bound of series. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Histogram } from './histogram.ts';

test('a histogram counts into its buckets and ignores labels beyond its limit', () => {
  const histogram = new Histogram([1, 2], 2);
  for (const value of [0.5, 1, 1.5, 9]) histogram.observe('a', () => ({ name: 'a' }), value);
  for (const key of ['b', 'c', 'd']) histogram.observe(key, () => ({ name: key }), 1);
  assert.equal(histogram.collect(), [
    { labels: { name: 'a' }, atMost: [2, 3], sum: 12, count: 4 },
    { labels: { name: 'b' }, atMost: [1, 1], sum: 1, count: 1 },
  ]);
});

test.run();
