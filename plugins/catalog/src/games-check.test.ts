/** `zlh doctor` names the file and the place of a fault without starting anything. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { exampleGame } from '../../../test/support/guide.ts';
import { Consoles, Probes } from '@zlh/agent';
import type { CheckContext, Point } from '@zlh/kernel';
import { gamesCheck } from './games-check.ts';
import type { ImporterGround } from './importers/ground.ts';
import { ownImporters } from './importers/own-importers.ts';
import { Importers } from './index.ts';

const before = process.env['ZLH_HOME'];
const home = mkdtempSync(join(tmpdir(), 'zlh-check-'));

/** What plugins have added; only their names are looked at. */
const kinds = new Map<Point<never>, readonly object[]>([
  [Importers, ownImporters.map((make) => make({} as ImporterGround))],
  [Probes, ['tcp', 'log', 'udp', 'minecraft.status', 'query'].map((kind) => ({ kind }))],
  [Consoles, ['stdin', 'none', 'tcp'].map((kind) => ({ kind }))],
]);
const points = (to: Point<never>) =>
  (kinds.get(to) ?? []).map((value) => ({ value, plugin: 'a test' }));
const context = {
  points,
  agentPoints: async (to: Point<never>) => points(to),
} as unknown as CheckContext;

test.before(() => {
  process.env['ZLH_HOME'] = home;
});
test.after(() => {
  if (before === undefined) delete process.env['ZLH_HOME'];
  else process.env['ZLH_HOME'] = before;
  rmSync(home, { recursive: true });
});

test('sound games are counted', async () => {
  assert.equal(await gamesCheck.run(context), {
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
  const { state, found, todo } = await gamesCheck.run(context);
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
  const { found } = await gamesCheck.run(context);
  for (const fault of [
    `${file}: /variants/0/actions/save/command has no input "name" to put there`,
    `${file}: /variants/0/actions/save/confirmation is no regular expression`,
    `${file}: /variants/0/stop/0/command cannot be sent without a console`,
    `${join(home, 'games', 'mine.json')}: /variants must not have fewer than 1 items`,
    `${join(home, 'games', 'torn.json')}: it is not JSON`,
  ])
    assert.match(found, fault);
});

test('an importer, probe or console that nobody has is named', async () => {
  rmSync(join(home, 'games'), { recursive: true });
  mkdirSync(join(home, 'games'));
  const file = join(home, 'games', 'freeciv.json');
  const template = JSON.parse(exampleGame()) as { variants: Record<string, unknown>[] };
  const [variant] = template.variants;
  const { probe, artifacts } = variant as { probe: object; artifacts: object[] };
  Object.assign(variant!, { probe: { ...probe, kind: 'telepathy' }, console: { kind: 'pipe' } });
  writeFileSync(file, JSON.stringify(template));
  const { state, found, todo } = await gamesCheck.run(context);
  assert.is(state, 'warning', found);
  assert.match(found, '"freeciv" (debian) wants the probe "telepathy", there is tcp, log');
  assert.match(found, 'wants the console "pipe", there is stdin, none, tcp');
  assert.match(todo ?? '', 'config/agent.ts');
  Object.assign(variant!, {
    artifacts: artifacts.map((each) => ({ ...each, importer: 'pigeon' })),
  });
  writeFileSync(file, JSON.stringify(template));
  const worse = await gamesCheck.run(context);
  assert.is(worse.state, 'fault');
  assert.match(worse.found, 'is no known importer: "pigeon"');
});

test.run();
