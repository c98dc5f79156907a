/** Reports to a platform that is there, away, or slow. */
import type { Logger } from '@zlh/kernel';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { AgentStatus } from '../contract/status.ts';
import { createPlatformClient } from '../platform/platform-client.ts';
import { startFakePlatform, type FakePlatform } from '../testing/fake-platform.ts';
import { Changes } from './changes.ts';
import { Reporter } from './reporter.ts';
import type { StatusBoard } from './status-board.ts';

const log = { info() {}, warn() {} } as unknown as Logger;
const credentials = { instanceId: 'one', token: 't'.repeat(32), key: () => Buffer.alloc(32) };
let platform: FakePlatform;
let reporter: Reporter;
let changes: Changes;
let url: string;
let revision = 0;
let maintenance: string | null = null;

test.before.each(async () => {
  platform = await startFakePlatform();
  url = platform.url;
  revision = 0;
  maintenance = null;
  changes = new Changes();
  const board = {
    get status() {
      return { revision, maintenance } as AgentStatus;
    },
  } as StatusBoard;
  const client = createPlatformClient(() => url, credentials);
  reporter = new Reporter({ platform: client, board, changes, log, heartbeatMs: 60_000 });
});
test.after.each(async () => {
  reporter.stop();
  await platform.close();
});

function change(): void {
  revision++;
  changes.notify();
}

test('changes of one moment make one report, and the newest state always arrives', async () => {
  reporter.start();
  await platform.until((status) => status.revision === 0);
  for (let i = 0; i < 50; i++) change();
  await platform.until((status) => status.revision === 50);
  assert.ok(platform.reports.length <= 4, `${platform.reports.length} reports`);
});

test('half a character and NUL, which the platform refuses, do not keep a report from arriving', async () => {
  maintenance = 'half \ud83d and \0 none';
  reporter.start();
  const status = await platform.until(({ revision: told }) => told === 0);
  assert.is(status.maintenance, 'half \ufffd and  none');
});

test('a change that is none is not reported', async () => {
  reporter.start();
  await platform.until((status) => status.revision === 0);
  for (let i = 0; i < 10; i++) changes.notify();
  change();
  await platform.until((status) => status.revision === 1);
  assert.is(platform.reports.length, 2);
});

test('a platform that was away hears the newest state when it is back', async () => {
  url = 'unix:/nowhere/agents.sock';
  reporter.start();
  for (let i = 0; i < 5; i++) change();
  await new Promise(setImmediate);
  url = platform.url;
  const status = await platform.until(() => true);
  assert.is(status.revision, 5);
  const sequences = platform.reports.map(({ sequence }) => sequence);
  assert.equal(
    sequences,
    sequences.toSorted((a, b) => a - b),
  );
});

test('an agent whose clock was put back by an hour is heard at once', async () => {
  platform.heard = Date.now() + 3_600_000;
  const before = platform.heard;
  reporter.start();
  await platform.until((status) => status.revision === 0);
  change();
  await platform.until((status) => status.revision === 1);
  assert.equal(
    platform.reports.map(({ sequence }) => sequence),
    [before + 1, before + 2],
  );
});

test.run();
