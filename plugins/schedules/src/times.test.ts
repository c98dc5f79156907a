/** Promises of the times: right in every zone, once when clocks change, and refused with the reason when they make no sense. */
import { Problem } from '@zlh/http';
import { scaled } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkTimes, nextTimes } from './times.ts';

const berlin = (cron: string, after: string, count: number) =>
  nextTimes({ cron, timeZone: 'Europe/Berlin' }, new Date(after), count).map((at) =>
    at.toISOString().replace(':00.000Z', 'Z'),
  );

test('a time that the clocks skip in spring comes right after the gap, not a day late', () => {
  assert.equal(berlin('30 2 * * *', '2027-03-26T12:00:00Z', 3), [
    '2027-03-27T01:30Z',
    '2027-03-28T01:00Z', // 03:00, for there is no 02:30
    '2027-03-29T00:30Z',
  ]);
});

test('a time that the clocks repeat in autumn comes once, also for who looks in between', () => {
  assert.equal(berlin('30 2 * * *', '2027-10-30T12:00:00Z', 2), [
    '2027-10-31T00:30Z',
    '2027-11-01T01:30Z',
  ]);
  assert.equal(berlin('30 2 * * *', '2027-10-31T00:30:00Z', 1), ['2027-11-01T01:30Z']);
  assert.equal(berlin('30 2 * * *', '2027-10-31T01:15:00Z', 1), ['2027-11-01T01:30Z']);
});

test('patterns that name every hour go on evenly over both', () => {
  assert.equal(berlin('15 * * * *', '2027-03-28T00:00:00Z', 3), [
    '2027-03-28T00:15Z',
    '2027-03-28T01:15Z',
    '2027-03-28T02:15Z',
  ]);
  assert.equal(berlin('15 * * * *', '2027-10-31T00:00:00Z', 3), [
    '2027-10-31T00:15Z',
    '2027-10-31T01:15Z',
    '2027-10-31T02:15Z',
  ]);
});

test('lists, ranges and steps keep to the rule in the gap and in the hour that is shown twice', () => {
  const [spring, autumn] = ['2027-03-28T00:00:00Z', '2027-10-30T23:59:00Z'];
  for (const cron of ['0,30 2 * * *', '0-30 2 * * *', '*/30 2 * * *', '0,30 2,2 * * *']) {
    assert.is(berlin(cron, spring, 1)[0], '2027-03-28T01:00Z', cron);
    assert.is(berlin(cron, spring, 2)[1], '2027-03-29T00:00Z', cron);
  }
  assert.equal(berlin('0,30 2 * * *', autumn, 3), [
    '2027-10-31T00:00Z',
    '2027-10-31T00:30Z',
    '2027-11-01T01:00Z',
  ]);
  assert.equal(berlin('0 1-3 * * *', autumn, 3), [
    '2027-10-31T00:00Z',
    '2027-10-31T02:00Z',
    '2027-11-01T00:00Z',
  ]);
});

test('every spelling of every hour is the same', () => {
  for (const from of ['2027-03-27T23:00:00Z', '2027-10-30T23:00:00Z'])
    for (const hours of ['0-23', '*/1', '0-11,12-23'])
      assert.equal(berlin(`*/20 ${hours} * * *`, from, 15), berlin('*/20 * * * *', from, 15));
});

interface Change {
  readonly zone: string;
  readonly at: number;
  /** Zones that change their clocks alike have the same one. */
  readonly kind: string;
}

const hourMs = 3_600_000;
const minuteMs = 60_000;
/** Longer than any clock is moved. */
const aroundMs = 3 * hourMs;

/** What the clocks show, asked of Intl in another way than the code does. */
function wallClock(zone: string): (instant: number) => number {
  const format = new Intl.DateTimeFormat('sv', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  return (instant) => Date.parse(`${format.format(instant).replace(' ', 'T')}Z`);
}

function changesOf(zone: string, year: number): Change[] {
  const wall = wallClock(zone);
  const changes: Change[] = [];
  const offset = (at: number) => wall(at) - at;
  const step = 7 * 24 * hourMs; // no zone changes twice in a week
  for (let at = Date.UTC(year); at < Date.UTC(year + 1); at += step) {
    if (offset(at) === offset(at + step)) continue;
    let [low, high] = [at, at + step];
    while (high - low > minuteMs) {
      const middle = low + Math.floor((high - low) / 2 / minuteMs) * minuteMs;
      if (offset(middle) === offset(at)) low = middle;
      else high = middle;
    }
    changes.push({ zone, at: high, kind: `${high} ${offset(at)} ${offset(high)}` });
  }
  return changes;
}

/** Minute by minute, what the rule of the guide says. */
function expected({ zone, at }: Change, minutes: ReadonlySet<number>, hours: ReadonlySet<number>) {
  const wall = wallClock(zone);
  const named = (time: number) => {
    const date = new Date(time);
    return minutes.has(date.getUTCMinutes()) && hours.has(date.getUTCHours());
  };
  const shown = new Set<number>();
  const runs: number[] = [];
  for (let now = at - aroundMs; now <= at + aroundMs; now += minuteMs) {
    const time = wall(now);
    let runsNow = named(time) && (hours.size === 24 || !shown.has(time));
    if (now === at && hours.size < 24)
      for (let skipped = wall(now - minuteMs) + minuteMs; skipped < time; skipped += minuteMs)
        runsNow ||= named(skipped);
    shown.add(time);
    if (runsNow && now > at - aroundMs) runs.push(now);
  }
  return runs;
}

test('the rule holds in every zone whose clocks change in 2027', () => {
  const changes = Intl.supportedValuesOf('timeZone').flatMap((zone) => changesOf(zone, 2027));
  assert.ok(changes.length > 150, `${changes.length} changes`);
  assert.ok(changes.some(({ zone }) => zone === 'Australia/Lord_Howe'));
  const every = Array.from({ length: 24 }, (_, hour) => hour);
  const seen = new Set<string>();
  for (const change of changes) {
    const hour = new Date(wallClock(change.zone)(change.at - minuteMs)).getUTCHours();
    const near = [hour, (hour + 1) % 24].sort((a, b) => a - b);
    assertRule(change, [0, 30], near);
    if (seen.has(change.kind)) continue;
    seen.add(change.kind);
    assertRule(change, [15, 45], every);
    assertRule(
      change,
      [10, 50],
      every.filter((each) => each % 2 === hour % 2),
    );
  }
});

function assertRule(change: Change, minutes: readonly number[], hours: readonly number[]): void {
  const cron = `${minutes.join(',')} ${hours.join(',')} * * *`;
  const wanted = expected(change, new Set(minutes), new Set(hours));
  const times = { cron, timeZone: change.zone };
  const got = nextTimes(times, new Date(change.at - aroundMs), wanted.length);
  const texts = (all: readonly (Date | number)[]) => all.map((at) => new Date(at).toISOString());
  assert.equal(texts(got), texts(wanted), `${cron} in ${change.zone}`);
}

test('the 29th of February is waited for', () => {
  assert.equal(berlin('0 4 29 2 *', '2027-01-01T00:00:00Z', 2), [
    '2028-02-29T03:00Z',
    '2032-02-29T03:00Z',
  ]);
});

test('what makes no sense is refused, with the place and the reason', () => {
  const refusal = (cron: string, timeZone = 'UTC'): string => {
    try {
      checkTimes({ cron, timeZone }, new Date('2027-01-01T00:00:00Z'));
    } catch (error) {
      assert.instance(error, Problem);
      return (error as Problem).message;
    }
    return 'accepted';
  };
  assert.is(refusal('0 4 * * *'), 'accepted');
  assert.is(refusal('@daily'), 'accepted');
  assert.match(refusal('0 4 30 2 *'), '/cron names a time that never comes');
  const quoted = [
    ['60 * * * *', '"60" as its minute; write 0 to 59'],
    ['0 24 * * *', '"24" as its hour; write 0 to 23'],
    ['0 4 32 * *', '"32" as its day; write 1 to 31'],
    ['0 4 0 * *', '"0" as its day; write 1 to 31'],
    ['0 4 * 13 *', '"13" as its month; write 1 to 12'],
    ['0 4 * * 1-9', '"1-9" as its weekday; write 0 to 7'],
    ['0 4 * * MONDAY', '"MONDAY" as its weekday'],
    ['*/0 4 * * *', '"*/0" as its minute'],
  ] as const;
  for (const [cron, words] of quoted)
    assert.ok(refusal(cron).startsWith(`/cron has ${words}`), cron);
  for (const [cron, count] of [
    ['', '0 fields'],
    ['now', '1 field'],
    ['@reboot', '1 field'],
    ['0 4 * *', '4 fields'],
    ['* * * * * *', '6 fields'],
    ['0 0 1 1 * 2099', '6 fields'],
    ['0 0 0 1 1 * 2099', '7 fields'],
  ] as const)
    assert.ok(refusal(cron).startsWith(`/cron has ${count}; write five (minute,`), cron);
  for (const zone of ['Mars/Base', '', 'Europe/Berlin\0'])
    assert.match(refusal('0 4 * * *', zone), /^\/timeZone is no known time zone/);
});

test('no pattern of a hundred characters takes long', () => {
  const worst = [
    '0 0 31 2,4,6,9,11 *',
    '0 0 30 2 MON#5',
    '0 0 L 2 *',
    '59 23 29 2 0',
    `${'0-59,'.repeat(18)}1 * * * *`,
  ];
  for (const cron of worst) {
    const begun = performance.now();
    try {
      checkTimes({ cron, timeZone: 'Europe/Berlin' }, new Date('2027-01-01T00:00:00Z'));
    } catch (error) {
      assert.instance(error, Problem);
    }
    assert.ok(performance.now() - begun < scaled(2000), cron);
  }
});

test.run();
