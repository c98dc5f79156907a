/** A missing component is named: as left out on a bare machine, as a failure where all must run. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { prelude, runOn } from './fixture.ts';
import { needs } from './needs.ts';

const files = {
  'test/needy.test.ts': `${prelude}
const moon = await needs('moon', async () => { throw new Error('it is day'); });
const sea = await needs('sea', () => 'salt');
when(moon)('wants the moon', () => {});
when(sea, moon)('wants both', () => {});
when(sea)('wants the sea', (taste) => { if (taste !== 'salt') throw new Error('not handed over'); });
test.run();`,
  'test/only-needy.test.ts': `${prelude}
when(await needs('moon', () => false))('wants the moon', () => {});
test.run();`,
  'test/skips.test.ts': `${prelude}
test.skip('later', () => {});
test('now', () => {});
test.run();`,
};

const bare = await runOn(files);
const all = await runOn(files, [], { ZLH_TEST_ALL: '1' });

test('on a bare machine the run passes and names what was left out and why', () => {
  assert.is(bare.code, 0, bare.output);
  assert.match(
    bare.output,
    `
Left out:
  test/needy.test.ts: 2 tests, needs "moon": it is day
  test/only-needy.test.ts: 1 test, needs "moon": not found on this machine
  test/skips.test.ts: 1 test, skipped by the file itself

2 passed, 0 failed
`,
  );
});

test('a file of which everything was left out is no failure', () => {
  assert.match(bare.about('only-needy'), '0 tests, 1 left out');
});

test('under ZLH_TEST_ALL=1 the same tests fail and name the component', () => {
  assert.is(all.code, 1);
  assert.match(all.about('needy'), 'This test needs "moon": it is day.');
  assert.match(all.about('skips'), 'It skips 1 tests, and ZLH_TEST_ALL=1 asks for all.');
  assert.match(all.output, /\n2 passed, 4 failed\n$/);
  assert.not.match(all.output, 'Left out:\n  test/needy');
});

test('a component that is here is handed over, a missing one says why', async () => {
  assert.is((await needs.command('sh')).value?.endsWith('/sh'), true);
  assert.is(
    (await needs.command('no-such-program')).missing,
    'no program "no-such-program" on the PATH',
  );
});

test.run();
