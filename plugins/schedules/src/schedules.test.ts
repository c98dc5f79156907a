/** Promises of schedules to those who write them: checked, limited, theirs alone, and gone with their instance. */
import { schemaDifference } from '@zlh/database/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { forget, nightly, startSchedules, type TestSchedules } from './test/platform.ts';

let platform: TestSchedules;
test.before(async () => {
  platform = await startSchedules({ now: new Date('2027-03-27T12:00:00Z') });
});
test.after(() => platform.stop());

const path = (instanceId: string, id = '') =>
  `/api/instances/${instanceId}/schedules/${id}`.replace(/\/$/, '');

test('it is shown with its next three times, and changed member by member', async () => {
  const instanceId = platform.instance();
  const made = await platform.schedule(instanceId, { timeZone: 'Europe/Berlin' });
  assert.equal(
    [made.nextAt, made.next, made.last, made.missed, made.enabled],
    [
      '2027-03-28T02:00:00.000Z',
      ['2027-03-28T02:00:00.000Z', '2027-03-29T02:00:00.000Z', '2027-03-30T02:00:00.000Z'],
      null,
      'skip',
      true,
    ],
  );
  assert.equal(made.action.input, {
    warnMinutes: [],
    message: 'The server restarts in {minutes} min.',
  });
  const ada = platform.as('ada');
  const off = (await ada.patch(path(instanceId, made.id), { enabled: false })).body;
  assert.equal([off.enabled, off.nextAt, off.next, off.cron], [false, null, [], made.cron]);
  const on = (await ada.patch(path(instanceId, made.id), { enabled: true, cron: '@hourly' })).body;
  assert.is(on.nextAt, '2027-03-27T13:00:00.000Z');
  assert.equal((await ada.get(path(instanceId))).body.items, [on]);
  assert.is((await ada.delete(path(instanceId, made.id))).status, 204);
  assert.is((await ada.delete(path(instanceId, made.id))).status, 404);
});

test('wrong input is refused, each fault at its place', async () => {
  const instanceId = platform.instance();
  const faults = async (more: object): Promise<string[]> => {
    const { status, body } = await platform
      .as('ada')
      .post(path(instanceId), { ...nightly, ...more });
    assert.is(status, 422, JSON.stringify(body));
    return body.errors.map((fault: { path: string }) => fault.path);
  };
  assert.equal(await faults({ cron: '* * * * * *' }), ['/cron']);
  assert.equal(await faults({ timeZone: 'Mars/Base' }), ['/timeZone']);
  assert.equal(await faults({ name: 'a\nb' }), ['/name']);
  assert.equal(await faults({ missed: 'always' }), ['/missed']);
  assert.equal(await faults({ action: { kind: 'dance' } }), ['/action/kind']);
  assert.equal(await faults({ action: { kind: 'restart', input: { warnMinutes: [0] } } }), [
    '/action/input/warnMinutes/0',
  ]);
  assert.equal(await faults({ action: { kind: 'command' } }), ['/action/input']);
  assert.equal(await faults({ action: { kind: 'command', input: { command: 'a\nstop' } } }), [
    '/action/input/command',
  ]);
  assert.equal((await platform.as('ada').get(path(instanceId))).body.items, []);
});

test('a typed action is held to what the game takes, when it is saved', async () => {
  const instanceId = platform.instance();
  const ada = platform.as('ada');
  const save = (input: object) =>
    ada.post(path(instanceId), { ...nightly, action: { kind: 'action', input } });
  const faults = async (input: object): Promise<string[][]> => {
    const { status, body } = await save(input);
    assert.is(status, 422, JSON.stringify(body));
    return body.errors.map((fault: { path: string; message: string }) => [
      fault.path,
      fault.message,
    ]);
  };
  const at = '/action/input/input/message';
  assert.equal(await faults({ action: 'dance' }), [['/action/input/action', 'must be one of say']]);
  assert.equal(await faults({ action: 'constructor' }), [
    ['/action/input/action', 'must be one of say'],
  ]);
  assert.equal(await faults({ action: 'say' }), [[at, 'is required']]);
  const [[path1] = []] = await faults({ action: 'say', input: { message: '/op mallory' } });
  assert.is(path1, at);
  assert.equal(await faults({ action: 'say', input: { message: 'a\nstop' } }), [
    [at, 'must not hold control characters or line breaks'],
  ]);
  const good = { action: 'say', input: { message: 'Good night' } };
  const { status, body } = await save(good);
  assert.is(status, 201, JSON.stringify(body));

  const change = (given: object) => ada.patch(path(instanceId, body.id), given);
  const worse = { kind: 'action', input: { action: 'say' } };
  assert.is((await change({ action: worse })).status, 422);
  assert.is((await change({ enabled: false })).status, 200, 'what is saved can be switched off');

  platform.instances.get(instanceId)!.version = 'gone';
  const unknown = await change({ action: worse });
  assert.is(unknown.status, 200, 'a version no longer on offer is for its agent to say');
});

test('an instance has fifty at most, also when they are asked for at once', async () => {
  const instanceId = platform.instance();
  const answers = await Promise.all(
    Array.from({ length: 55 }, () => platform.as('ada').post(path(instanceId), nightly)),
  );
  assert.is(answers.filter(({ status }) => status === 201).length, 50);
  const refused = answers.find(({ status }) => status !== 201)!;
  assert.equal([refused.status, refused.body.code], [409, 'schedules.too-many']);
});

test('operators see them, managers write them, strangers find nothing', async () => {
  const instanceId = platform.instance();
  const { id } = await platform.schedule(instanceId);
  platform.share(instanceId, 'vera', 'viewer');
  platform.share(instanceId, 'otto', 'operator');
  platform.share(instanceId, 'mia', 'manager');
  for (const [name, see, write] of [
    ['mallory', 404, 404],
    ['vera', 403, 403],
    ['otto', 200, 403],
    ['mia', 200, 200],
  ] as const) {
    const client = platform.as(name);
    assert.is((await client.get(path(instanceId))).status, see, name);
    assert.is((await client.patch(path(instanceId, id), { name: 'Mine' })).status, write, name);
  }
  const [now] = (await platform.as('ada').get(path(instanceId))).body.items;
  assert.is(now.userId, platform.idOf('mia'), 'from now on it is hers');
});

test('nobody schedules what their key does not allow, and nobody reaches another instance by it', async () => {
  const instanceId = platform.instance();
  const { id } = await platform.schedule(platform.instance());
  assert.is((await platform.as('ada').patch(path(instanceId, id), { name: 'x' })).status, 404);
  platform.denied.add('instances.console');
  const action = { kind: 'command', input: { command: 'op mallory' } };
  const { status, body } = await platform.as('ada').post(path(instanceId), { ...nightly, action });
  platform.denied.clear();
  assert.is(status, 403);
  assert.match(body.detail, 'instances.console');
});

test('with the instance they are gone', async () => {
  const instanceId = platform.instance();
  await platform.schedule(instanceId);
  const other = await platform.schedule(platform.instance());
  await forget(platform.kernel, instanceId);
  assert.equal((await platform.as('ada').get(path(instanceId))).body.items, []);
  assert.is((await platform.as('ada').get(path(other.instanceId))).body.items.length, 1);
});

test('the schema is what the entities say', async () => {
  assert.is(await schemaDifference(platform.kernel), '');
});

test.run();
