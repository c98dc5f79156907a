/** `zlh doctor` names the file and the place of a fault without starting anything. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { gamesCheck } from './games-check.ts';

const before = process.env['ZLH_HOME'];
const home = mkdtempSync(join(tmpdir(), 'zlh-check-'));

test.before(() => {
  process.env['ZLH_HOME'] = home;
});
test.after(() => {
  if (before === undefined) delete process.env['ZLH_HOME'];
  else process.env['ZLH_HOME'] = before;
  rmSync(home, { recursive: true });
});

test('sound games are counted', async () => {
  assert.equal(await gamesCheck.run(), {
    state: 'ok',
    found: '4 games with 10 variants, 5 runtimes.',
  });
});

test('a fault is told with its file, its place and what to do', async () => {
  mkdirSync(join(home, 'games'));
  const file = join(home, 'games', 'mine.json');
  writeFileSync(
    file,
    JSON.stringify({ id: 'mine', name: 'Mine', description: 'x', hostPrefix: 'mi', variants: [] }),
  );
  const { state, found, todo } = await gamesCheck.run();
  assert.is(state, 'fault');
  assert.match(found, `left out: ${file}: /variants must not have fewer than 1 items`);
  assert.match(todo ?? '', 'Correct these files');
});

test.run();
