/** The history: what the entries of many agents say together, over kills, jumping clocks and forgotten beginnings. */
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@zlh/kernel';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { CrashRecord } from '../contract/history.ts';
import { elapsedMs, now } from '../lib/clock.ts';
import { History, lastLines } from './history.ts';

const log = { warn() {} } as unknown as Logger;
let folder: string;

test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'zlh-history-'));
});
test.after.each(() => rmSync(folder, { recursive: true, force: true }));

const crash = (id: string): CrashRecord => ({
  id,
  at: '2026-01-01T00:00:00.000Z',
  reason: 'signal',
  detail: 'x',
  exitCode: null,
  signal: 'SIGKILL',
  count: 1,
  retryAt: null,
  gaveUp: false,
  runId: id,
  startedAt: '2026-01-01T00:00:00.000Z',
  uptimeMs: 5,
  wasReady: true,
  lastLines: [],
});

/** Entries as agents of one boot wrote them, `up` in milliseconds. */
function wrote(...entries: readonly (readonly [string, string, number, object?])[]): History {
  for (const [what, run, up, more] of entries) {
    const at = new Date(Date.UTC(2026, 0, 1) + up).toISOString();
    const line = JSON.stringify({ at, up, boot: 'b', what, run, ...more });
    appendFileSync(join(folder, 'history.jsonl'), `${line}\n`);
  }
  return new History(folder, log);
}

test('a run is a period with its ready time, broken off or not', () => {
  const history = wrote(
    ['started', 'a', 0],
    ['ready', 'a', 100],
    ['unready', 'a', 300],
    ['ready', 'a', 500],
    ['stopped', 'a', 1000],
  );
  const [period] = history.uptime(undefined).items;
  assert.is(period?.readyMs, 700);
  assert.is(period?.readyAt, '2026-01-01T00:00:00.100Z');
  assert.is(period?.endedAt, '2026-01-01T00:00:01.000Z');
  assert.is(period?.end, 'stopped');
});

test('what the next agent says again counts once', () => {
  const history = wrote(
    ['started', 'a', 0],
    ['ready', 'a', 100],
    ['ready', 'a', 400],
    ['crashed', 'a', 600, { crash: crash('a') }],
    ['crashed', 'a', 900, { crash: { ...crash('a'), count: 2 } }],
  );
  const { items } = history.uptime(undefined);
  assert.is(items.length, 1);
  assert.is(items[0]?.readyMs, 500);
  assert.is(items[0]?.endedAt, '2026-01-01T00:00:00.600Z');
  assert.is(items[0]?.crashId, 'a');
  assert.is(history.crashes().items.length, 1);
});

test('a run without an end is running, or was lost at its last sign of life', () => {
  const history = wrote(['started', 'a', 0], ['ready', 'a', 100], ['started', 'b', 900]);
  const [second, first] = history.uptime('b').items;
  assert.is(second?.end, null);
  assert.is(second?.endedAt, null);
  assert.is(first?.end, 'lost');
  assert.is(first?.endedAt, '2026-01-01T00:00:00.100Z');
});

test('a run whose beginning is forgotten is known by the rest', () => {
  const history = wrote(['crashed', 'a', 600, { crash: crash('a') }]);
  const [period] = history.uptime(undefined).items;
  assert.is(period?.startedAt, '2026-01-01T00:00:00.000Z');
  assert.is(period?.end, 'crashed');
});

test('pages follow each other without a gap, while new entries arrive', () => {
  let history = wrote(
    ...['a', 'b', 'c', 'd'].map((id, up) => ['crashed', id, up, { crash: crash(id) }] as const),
  );
  const first = history.crashes(undefined, 2);
  assert.equal(
    first.items.map(({ id }) => id),
    ['d', 'c'],
  );
  history = wrote(['crashed', 'e', 9, { crash: crash('e') }]);
  const second = history.crashes(first.nextCursor!, 2);
  assert.equal(
    second.items.map(({ id }) => id),
    ['b', 'a'],
  );
  assert.is(second.nextCursor, null);
});

test('durations go by the running time of the machine, by the clock only across boots', () => {
  const moment = now();
  const later = { ...moment, up: moment.up + 500, at: '1999-01-01T00:00:00.000Z' };
  assert.is(elapsedMs(moment, later), 500);
  assert.is(elapsedMs(moment, { ...later, boot: 'other' }), 0);
  const day = { ...moment, at: new Date(Date.parse(moment.at) + 86_400_000).toISOString() };
  assert.is(elapsedMs(moment, { ...day, boot: 'other' }), 86_400_000);
});

test('last lines are text: no colours, no bells, no half characters, not too many', () => {
  assert.equal(lastLines('\x1b[31mred\x1b[0m\r\n\x1b]0;title\x07plain\x07\r\n\r\n'), [
    'red',
    'plain',
  ]);
  assert.is(lastLines('x\n'.repeat(100)).length, 40);
  assert.is(lastLines(`${'x'.repeat(299)}😀`)[0]?.isWellFormed(), true);
  assert.is(lastLines('x'.repeat(5000))[0]?.length, 300);
});

test.run();
