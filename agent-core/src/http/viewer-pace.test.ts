/** A viewer that types more than a person can is slowed down. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ViewerPace } from './viewer-pace.ts';

test('a burst passes, a flood rests for as long as it was too much', () => {
  let now = 0;
  const pace = new ViewerPace(() => now);
  for (let k = 0; k < 2_000; k++) assert.is(pace.count(), 0);
  for (let k = 1; k <= 400; k++) assert.is(pace.count(), k / 4);
  now += 100;
  assert.is(pace.count(), 0.25);
  now += 1_000_000;
  for (let k = 0; k < 2_000; k++)
    assert.is(pace.count(), 0, 'what was not used for long counts as one burst');
  assert.ok(pace.count() > 0);
});

test.run();
