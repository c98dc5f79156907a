/** What the guide "Adding a game" shows is sound, and is really what an agent accepts. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InstanceSpec } from '@zlh/agent';
import { Value } from 'typebox/value';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { exampleGame } from '../../../../test/support/guide.ts';
import type { ImporterGround } from '../importers/ground.ts';
import { ownImporters } from '../importers/own-importers.ts';
import { loadGames } from './load-games.ts';
import { makeBlueprint } from './make-blueprint.ts';

test('the example of the guide is loaded without a fault and makes a spec', async () => {
  const home = mkdtempSync(join(tmpdir(), 'zlh-guide-'));
  try {
    mkdirSync(join(home, 'games'));
    writeFileSync(join(home, 'games', 'freeciv.json'), exampleGame());
    const importers = new Set(
      ownImporters.map((make) => make({} as ImporterGround)).map(({ id }) => id),
    );
    const { games, faults } = await loadGames({ home, importers, games: [], runtimes: [] });
    assert.equal(faults, []);
    const game = games.find(({ id }) => id === 'freeciv')!;
    const variant = game.variants[0]!;
    const target = { platform: 'linux', arch: 'x64' };
    const blueprint = makeBlueprint(game, variant, variant.versions.recommended, new Map(), target);
    const { properties } = InstanceSpec;
    for (const [name, part] of Object.entries(blueprint.spec))
      assert.ok(Value.Check(properties[name as 'launch'], part), name);
  } finally {
    rmSync(home, { recursive: true });
  }
});

test.run();
