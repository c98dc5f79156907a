/** Choosing follows from choosing: a version that fits, memory that is allowed. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { catalog } from '../../test/catalog.ts';
import { changeGame, changeVariant, memoryFault, memoryStep, nameFault } from './choice.ts';
import type { Choice } from './choice.ts';

const NOTHING: Choice = { game: '', variant: '', version: '', name: 'Skyblock', memoryMiB: '' };

test('the first choice is made from the catalog: recommended version, usual memory', () => {
  const choice = changeGame(catalog, NOTHING, '');
  assert.equal(choice, {
    game: 'minecraft',
    variant: 'paper',
    version: '1.21.7',
    name: 'Skyblock',
    memoryMiB: '4096',
  });
});

test('memory stays as chosen where the variant allows it, and goes to the usual where not', () => {
  const chosen = { ...changeGame(catalog, NOTHING, ''), memoryMiB: '8192' };
  assert.is(changeVariant(catalog, chosen, 'vanilla').memoryMiB, '8192');
  assert.is(changeVariant(catalog, chosen, 'flying-squid').memoryMiB, '512');
});

test('memory nobody chose follows the variant', () => {
  const wide = structuredClone(catalog);
  const squid = wide.games[0]!.variants.find(({ id }) => id === 'flying-squid')!;
  squid.memoryMiB.max = 16384;
  assert.is(changeVariant(wide, changeGame(wide, NOTHING, ''), 'flying-squid').memoryMiB, '512');
});

test('what was typed as the name survives every other choice', () => {
  assert.is(changeGame(catalog, changeGame(catalog, NOTHING, ''), 'openttd').name, 'Skyblock');
});

test('an empty catalog leaves nothing chosen', () => {
  assert.is(changeGame({ games: [] }, NOTHING, '').game, '');
});

test('names and memory are checked against their limits', () => {
  assert.ok(nameFault('  '));
  assert.ok(nameFault('x'.repeat(61)));
  assert.is(nameFault('x'), undefined);
  const variant = catalog.games[0]?.variants[0];
  assert.is(memoryFault('4096', variant), undefined);
  assert.ok(memoryFault('64', variant));
  assert.ok(memoryFault('', variant));
});

test('the steps of the slider meet both limits and the usual', () => {
  for (const { memoryMiB } of catalog.games.flatMap(({ variants }) => variants)) {
    const step = memoryStep(memoryMiB);
    assert.is((memoryMiB.max - memoryMiB.min) % step, 0);
    assert.is((memoryMiB.default - memoryMiB.min) % step, 0);
  }
  assert.is(memoryStep({ min: 100, default: 333, max: 1000 }), 1);
});

test.run();
