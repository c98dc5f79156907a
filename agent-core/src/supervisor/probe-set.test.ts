/** Which of several signs decides, and what each has said last. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ProbeResult } from '../contract/points.ts';
import { lastWordsOf, ProbeSet } from './probe-set.ts';

const stop = new AbortController().signal;

/** One probe, and two alternatives of which the first has two signs. */
function setUp(decidedBy?: number) {
  const says: Record<string, ProbeResult | 'throws'> = {};
  const asked: string[] = [];
  const decided: number[] = [];
  const named = (kind: string) => ({
    kind,
    port: null,
    probe: {
      async check() {
        asked.push(kind);
        const result = says[kind] ?? { ready: false, detail: `${kind} says no` };
        if (result === 'throws') throw new Error(`${kind} is refused`);
        return result;
      },
    },
  });
  const set = new ProbeSet({
    rows: [[named('status')], [named('tcp'), named('log')], [named('last')]],
    timeoutMs: 1_000,
    decidedBy,
    decided: (row) => void decided.push(row),
  });
  return { set, says, asked, decided, ready: async () => (await set.ask(stop)).ready };
}

const yes: ProbeResult = { ready: true };

test('where the probe does not answer, the first alternative of which all signs hold decides', async () => {
  const { says, decided, ready, asked } = setUp();
  assert.is(await ready(), false);
  says['tcp'] = yes;
  assert.is(await ready(), false, 'one sign of two');
  says['log'] = yes;
  assert.is(await ready(), true);
  assert.equal(decided, [1]);
  asked.length = 0;
  await ready();
  assert.equal(asked, ['status', 'tcp', 'log'], 'what is less preferred is asked no more');
});

test('once the probe has answered it alone decides, so that nothing hides a hang', async () => {
  const { says, decided, ready, asked } = setUp();
  says['tcp'] = says['log'] = yes;
  assert.is(await ready(), true);
  says['status'] = { ready: true, players: { online: 1, max: 2 } };
  assert.is(await ready(), true);
  assert.equal(decided, [1, 0]);
  says['status'] = 'throws';
  asked.length = 0;
  assert.is(await ready(), false);
  assert.equal(asked, ['status']);
});

test('what decided before the agent came back decides again', async () => {
  const { says, ready } = setUp(0);
  says['tcp'] = says['log'] = says['last'] = yes;
  assert.is(await ready(), false);
  const other = setUp(1);
  other.says['last'] = yes;
  assert.is(await other.ready(), false);
});

test('each has its last word, with the time since when it says so', async () => {
  const { set, says, ready } = setUp();
  says['status'] = 'throws';
  await ready();
  const [first] = set.words;
  await ready();
  assert.is(set.words[0], first, 'the same word is as old as before');
  assert.equal(
    set.words.map(({ kind, ready: is, detail }) => [kind, is, detail]),
    [
      ['status', false, 'status is refused'],
      ['tcp', false, 'tcp says no'],
      ['log', false, 'log says no'],
      ['last', false, 'last says no'],
    ],
  );
  assert.match(lastWordsOf(set.words), ' The probe "status" said last: status is refused.');
});

test.run();
