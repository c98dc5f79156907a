/** What elements show comes from here: it must never go back behind what the platform said last. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Collection } from './collection.ts';
import type { Source } from './collection.ts';

interface Thing {
  id: string;
  createdAt: string;
  word: string;
}

const thing = (id: string, word = id): Thing => ({
  id,
  createdAt: `2026-01-0${id}T00:00:00Z`,
  word,
});

function collectionOf(source: Partial<Source<Thing>>): Collection<Thing> {
  return new Collection<Thing>({
    page: async () => ({ items: [], nextCursor: null }),
    one: async () => undefined,
    ...source,
  });
}

test('all pages are fetched, and shown newest first', async () => {
  const pages: Record<string, { items: Thing[]; nextCursor: string | null }> = {
    '': { items: [thing('1')], nextCursor: 'b' },
    b: { items: [thing('2')], nextCursor: null },
  };
  const things = collectionOf({ page: async (cursor = '') => pages[cursor]! });
  await things.load();
  assert.equal(
    things.items.map(({ id }) => id),
    ['2', '1'],
  );
  assert.is(things.state, 'ready');
});

test('news that arrived while a page was on its way is not undone by that page', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const things = collectionOf({
    page: async () => {
      await promise;
      return { items: [thing('1', 'old'), thing('2')], nextCursor: null };
    },
  });
  const loading = things.load();
  things.put(thing('1', 'new'));
  things.remove('2');
  resolve();
  await loading;
  assert.equal(things.items, [thing('1', 'new')]);
});

test('what the platform does not list any more goes', async () => {
  const things = collectionOf({});
  things.put(thing('1'));
  await things.load();
  assert.equal(things.items, []);
});

test('refreshes asked for during one are joined into one more', async () => {
  let asked = 0;
  const first = Promise.withResolvers<void>();
  const things = collectionOf({
    one: async (id) => {
      asked++;
      if (asked === 1) await first.promise;
      return thing(id, `answer ${asked}`);
    },
  });
  const refreshing = things.refresh('1');
  await things.refresh('1');
  await things.refresh('1');
  first.resolve();
  await refreshing;
  assert.is(asked, 2);
  assert.is(things.get('1')?.word, 'answer 2');
});

test('a thing that is gone leaves', async () => {
  const things = collectionOf({});
  things.put(thing('1'));
  await things.refresh('1');
  assert.is(things.get('1'), undefined);
});

test('a failed fetch keeps what is known and says why', async () => {
  let broken = false;
  const things = collectionOf({
    page: async () => {
      if (broken) throw new Error('no');
      return { items: [thing('1')], nextCursor: null };
    },
  });
  await things.load();
  broken = true;
  await things.load();
  assert.is(things.items.length, 1);
  assert.is(things.state, 'ready');
  assert.is(things.error?.code, 'PORTAL_UNEXPECTED');
});

test.run();
