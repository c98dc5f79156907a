/** Promises of the clockwork: on time, with warnings before, with the rights of its user, and true about what it could not do. */
// time-limit: 300s
import { once } from 'node:events';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startSchedules, type TestSchedules } from './test/platform.ts';

const evening = '2027-01-01T20:00:00Z';
const at = (time: string) => new Date(`2027-01-02T${time}Z`);
let platform: TestSchedules;
test.before(async () => {
  platform = await startSchedules({ now: new Date(evening) });
});
test.before.each(() => platform.reset(new Date(evening)));
test.after(() => platform.stop());

const over = (outcome: string) => (now: { last: { outcome: string } | null }) =>
  now.last?.outcome === outcome;
const told = async (count: number) => {
  while (platform.told.length < count) await once(platform.heard, 'told');
};

test('at its time it begins an operation in its own name, and notes how that ended', async () => {
  const instanceId = platform.instance();
  const made = await platform.schedule(instanceId);
  platform.now = at('03:59:59');
  await platform.looked();
  assert.equal(await platform.operations(instanceId), []);
  platform.now = at('04:00:00');
  const now = await platform.until(made, over('succeeded'));
  const [operation, ...others] = await platform.operations(instanceId);
  assert.equal(others, []);
  assert.equal(
    [operation!.kind, operation!.requestedBy, operation!.id],
    ['instances.restart', 'schedule "Nightly"', now.last!.operationId],
  );
  assert.is(now.nextAt, '2027-01-03T04:00:00.000Z');
});

test('players are told before it, once each, with what is left', async () => {
  const instanceId = platform.instance();
  const input = { warnMinutes: [1, 10, 5] };
  const made = await platform.schedule(instanceId, { action: { kind: 'restart', input } });
  for (const [index, time] of ['03:50:00', '03:55:01', '03:59:00'].entries()) {
    platform.now = at(time);
    await told(index + 1);
    await platform.looked();
  }
  platform.now = at('04:00:00');
  await platform.until(made, over('succeeded'));
  assert.equal(
    platform.told,
    [10, 5, 1].map((minutes) => `say The server restarts in ${minutes} min.`),
  );
});

test('after a downtime among the warnings, one of them tells what is really left', async () => {
  const input = { warnMinutes: [10, 5], message: 'Down in {minutes}' };
  const made = await platform.schedule(platform.instance(), { action: { kind: 'stop', input } });
  platform.now = at('03:57:00');
  await told(1);
  platform.now = at('04:00:00');
  await platform.until(made, over('succeeded'));
  assert.equal(platform.told, ['say Down in 3']);
});

test('a run is made up for within ten minutes; later it is missed, or made up for once', async () => {
  const [soon, skip, once] = await Promise.all([
    platform.schedule(platform.instance(), { cron: '55 3 * * *' }),
    platform.schedule(platform.instance(), { cron: '50 3 * * *' }),
    platform.schedule(platform.instance(), { cron: '0 * * * *', missed: 'run-once' }),
  ]);
  platform.now = at('04:04:00');
  await platform.until(soon, over('succeeded'));
  const missed = await platform.until(skip, over('missed'));
  assert.equal(
    [missed.last!.at, missed.last!.operationId, missed.nextAt],
    ['2027-01-02T03:50:00.000Z', null, '2027-01-03T03:50:00.000Z'],
  );
  assert.equal(await platform.operations(skip.instanceId), []);
  const made = await platform.until(once, over('succeeded'));
  assert.is(made.nextAt, '2027-01-02T05:00:00.000Z');
  assert.is((await platform.operations(once.instanceId)).length, 1, 'seven were missed');
});

test('another operation in the way is waited for, but not for longer than ten minutes', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  platform.gate = promise;
  const instanceId = platform.instance();
  const stop = await platform.schedule(instanceId, { action: { kind: 'stop' } });
  platform.now = at('04:00:00');
  await platform.until(stop, over('running'));
  const [patient, hopeless] = await Promise.all(
    // Only the first is due once more on the next day: there is one server for both.
    [
      { name: 'Patient', cron: '1 4 * * *' },
      { name: 'Hopeless', cron: '1 4 2 1 *' },
    ].map((wanted) => platform.schedule(instanceId, wanted)),
  );
  platform.now = at('04:01:00');
  await platform.looked();
  platform.now = at('04:12:30');
  for (const each of [patient!, hopeless!]) {
    const { last } = await platform.until(each, over('conflict'));
    assert.match(last!.error!.detail, '"stop" is still running');
  }
  platform.now = new Date('2027-01-03T04:01:00Z');
  await platform.looked();
  resolve();
  await platform.until(stop, over('succeeded'));
  platform.now = new Date('2027-01-03T04:03:00Z');
  await platform.until(patient!, over('succeeded'));
});

test('what waited when the platform ended does not begin hours later, unless it is to be made up for', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  platform.gate = promise;
  const instanceId = platform.instance();
  const stop = await platform.schedule(instanceId, { action: { kind: 'stop' } });
  platform.now = at('04:00:00');
  await platform.until(stop, over('running'));
  const wanted = { cron: '1 4 * * *' };
  const skip = await platform.schedule(instanceId, wanted);
  const once = await platform.schedule(instanceId, { ...wanted, missed: 'run-once' });
  platform.now = at('04:01:00');
  await platform.looked();
  resolve();
  await platform.until(stop, over('succeeded'));
  platform.now = at('09:00:00');
  const { last, nextAt } = await platform.until(skip, over('conflict'));
  assert.equal([last!.at, nextAt], ['2027-01-02T04:01:00.000Z', '2027-01-03T04:01:00.000Z']);
  assert.match(last!.error!.detail, '"stop" is still running');
  await platform.until(once, over('succeeded'));
  assert.is((await platform.operations(instanceId)).length, 2);
});

test('one that is made up for and finds another operation in its way is tried for ten minutes, too', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  platform.gate = promise;
  const instanceId = platform.instance();
  const stop = await platform.schedule(instanceId, { action: { kind: 'stop' } });
  platform.now = at('04:00:00');
  await platform.until(stop, over('running'));
  const made = await platform.schedule(instanceId, { cron: '1 4 * * *', missed: 'run-once' });
  for (const time of ['04:01:00', '09:00:00', '09:09:00']) {
    platform.now = at(time);
    await platform.looked();
  }
  resolve();
  await platform.until(stop, over('succeeded'));
  platform.now = at('09:09:30');
  await platform.until(made, over('succeeded'));
});

test('another name neither loses nor doubles a run: one that is due, one that waits, one that was', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  platform.gate = promise;
  const instanceId = platform.instance();
  const path = ({ id }: { id: string }) => `/api/instances/${instanceId}/schedules/${id}`;
  const rename = (schedule: { id: string }) =>
    platform.as('ada').patch(path(schedule), { name: 'Renamed' });
  const stop = await platform.schedule(instanceId, { action: { kind: 'stop' } });
  platform.now = at('04:00:00');
  await platform.until(stop, over('running'));
  const waiting = await platform.schedule(instanceId, { cron: '1 4 * * *' });
  platform.now = at('04:01:00');
  await platform.looked();
  assert.is((await rename(waiting)).body.nextAt, '2027-01-02T04:01:00.000Z');
  assert.is((await rename(stop)).body.nextAt, '2027-01-03T04:00:00.000Z');
  resolve();
  await platform.until(stop, over('succeeded'));
  platform.now = at('04:01:30');
  await platform.until(waiting, over('succeeded'));
  assert.is((await platform.operations(instanceId)).length, 2);
});

test('other warnings are given for the run that comes, another time is another run', async () => {
  const instanceId = platform.instance();
  const made = await platform.schedule(instanceId);
  const path = `/api/instances/${instanceId}/schedules/${made.id}`;
  const action = { kind: 'restart', input: { warnMinutes: [5] } };
  await platform.as('ada').patch(path, { action, name: 'Warned' });
  platform.now = at('03:55:00');
  await told(1);
  const { body } = await platform.as('ada').patch(path, { cron: '30 3 * * *' });
  assert.is(body.nextAt, '2027-01-03T03:30:00.000Z');
});

test('whose rights are gone, its schedule is turned off and says so', async () => {
  const instanceId = platform.instance();
  platform.share(instanceId, 'mia', 'manager');
  const made = await platform.schedule(instanceId);
  const path = `/api/instances/${instanceId}/schedules/${made.id}`;
  let day = 2;
  const nextNight = () => (platform.now = new Date(`2027-01-0${day++}T04:00:00Z`));
  const refused = async (code: string) => {
    nextNight();
    const now = await platform.until(made, over('refused'));
    assert.equal([now.enabled, now.nextAt, now.last!.error!.code], [false, null, code]);
    await platform.as('ada').patch(path, { enabled: true });
    nextNight();
    await platform.until(made, over('succeeded'));
  };
  await platform.as('mia').patch(path, { name: 'Hers' });
  platform.share(instanceId, 'mia', 'operator');
  await refused('schedules.right-lost');
  platform.share(instanceId, 'mia', 'manager');
  await platform.as('mia').patch(path, { name: 'Hers again' });
  platform.gone.add('mia');
  await refused('schedules.no-user');
  assert.is((await platform.operations(instanceId)).length, 2);
});

test('an action that always throws is counted, and tried ever more seldom until it works again', async () => {
  platform.act = () => Promise.reject(new Error('it is broken'));
  const made = await platform.schedule(platform.instance(), {
    cron: '* * * * *',
    action: { kind: 'test' },
  });
  const after = async (time: string, count: number) => {
    platform.now = new Date(`2027-01-01T${time}Z`);
    const now = await platform.until(made, ({ failures, last }) => failures === count && !!last);
    assert.is(now.next[0], now.nextAt);
    return now;
  };
  assert.is((await after('20:01:00', 1)).nextAt, '2027-01-01T20:02:00.000Z');
  assert.is((await after('20:02:00', 2)).nextAt, '2027-01-01T20:04:00.000Z');
  const third = await after('20:04:00', 3);
  assert.is(third.nextAt, '2027-01-01T20:07:00.000Z');
  assert.equal([third.last!.outcome, third.last!.error!.code], ['failed', 'schedules.unexpected']);
  platform.act = async () => ({ skipped: 'It is a test.' });
  assert.is((await after('20:07:00', 0)).nextAt, '2027-01-01T20:08:00.000Z');
});

test('a run that breaks is tried again, and says so; after ten minutes it has failed', async () => {
  const made = await platform.schedule(platform.instance());
  platform.broken.add(made.instanceId);
  platform.now = at('04:00:00');
  await platform.looked();
  const broken = await platform.until(made, () => true);
  assert.equal(
    [broken.failures, broken.last!.outcome, broken.nextAt],
    [1, 'failed', '2027-01-02T04:00:00.000Z'],
  );
  platform.broken.clear();
  platform.now = at('04:11:00');
  const { last, nextAt } = await platform.until(made, ({ failures }) => failures === 2);
  assert.equal(
    [last!.outcome, last!.error!.code, nextAt],
    ['failed', 'schedules.unexpected', '2027-01-03T04:00:00.000Z'],
  );
});

test('a warning that breaks is no failed run, and keeps its run not waiting', async () => {
  const action = { kind: 'restart', input: { warnMinutes: [1] } };
  const made = await platform.schedule(platform.instance(), { action });
  platform.broken.add(made.instanceId);
  platform.now = at('03:59:45');
  await platform.looked();
  const broken = await platform.until(made, () => true);
  assert.equal([broken.failures, broken.last], [0, null]);
  platform.broken.clear();
  platform.now = at('04:00:00');
  await platform.until(made, over('succeeded'));
});

test('a server that its owner has stopped is not restarted', async () => {
  const instanceId = platform.instance();
  const made = await platform.schedule(instanceId);
  platform.instances.set(instanceId, { desired: 'stopped', ready: false });
  platform.now = at('04:00:00');
  const { last } = await platform.until(made, over('skipped'));
  assert.is(last!.error!.detail, 'The server is stopped.');
});

test('lines and typed actions are told to the game as operations', async () => {
  const instanceId = platform.instance();
  const actions = [
    { kind: 'command', input: { command: 'list' } },
    { kind: 'action', input: { action: 'say', input: { message: 'Good morning' } } },
  ];
  const made = await Promise.all(
    actions.map((action) => platform.schedule(instanceId, { action })),
  );
  platform.now = at('04:00:00');
  for (const each of made) await platform.until(each, over('succeeded'));
  assert.equal(platform.told.toSorted(), ['command list', 'say Good morning']);
});

test('of an instance that is gone nothing stays', async () => {
  const instanceId = platform.instance();
  const made = await platform.schedule(instanceId);
  platform.instances.delete(instanceId);
  platform.now = at('04:00:00');
  await platform.looked();
  platform.instances.set(instanceId, { desired: 'running', ready: true });
  const list = await platform.as('ada').get(`/api/instances/${instanceId}/schedules`);
  assert.equal([list.body.items, made.name], [[], 'Nightly']);
});

test.run();
