/** Promises of the times: right in every zone, once when clocks change, and refused with the reason when they make no sense. */
import { Problem } from '@zlh/http';
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
  assert.match(refusal('60 * * * *'), /^\/cron cannot be read: Invalid value for minute: 60/);
  assert.match(refusal('0 4 30 2 *'), '/cron names a time that never comes');
  for (const cron of ['* * * * * *', '*/5 * * * * *', '0 0 1 1 * 2099', '', 'now', '@reboot'])
    assert.match(refusal(cron), /^\/cron cannot be read/, cron);
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
    assert.ok(performance.now() - begun < 2000, cron);
  }
});

test.run();
