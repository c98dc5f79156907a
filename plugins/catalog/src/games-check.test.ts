/** `zlh doctor` names the file and the place of a fault without starting anything. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { exampleGame } from '../../../test/support/guide.ts';
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

test('every fault of every file is told, down to the last action', async () => {
  const template = JSON.parse(exampleGame()) as { variants: Record<string, unknown>[] };
  const [variant] = template.variants;
  Object.assign(variant!, {
    console: { kind: 'none' },
    actions: { save: { title: 'Save', command: 'save {input:name}', confirmation: '(' } },
  });
  const file = join(home, 'games', 'freeciv.json');
  writeFileSync(file, JSON.stringify(template));
  writeFileSync(join(home, 'games', 'torn.json'), '{');
  const { found } = await gamesCheck.run();
  for (const fault of [
    `${file}: /variants/0/actions/save/command has no input "name" to put there`,
    `${file}: /variants/0/actions/save/confirmation is no regular expression`,
    `${file}: /variants/0/stop/0/command cannot be sent without a console`,
    `${join(home, 'games', 'mine.json')}: /variants must not have fewer than 1 items`,
    `${join(home, 'games', 'torn.json')}: it is not JSON`,
  ])
    assert.match(found, fault);
});

test.run();
