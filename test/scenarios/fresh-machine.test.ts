/**
 * Starting and stopping as a host does: the set-up link, Ctrl-C, a crash, a second start, and the clear sentences when it
 * cannot start.
 */
// time-limit: 400s
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { joinAsPlayer } from '../player/player.ts';
import { needs, when } from '../runner/needs.ts';
import type { ApiClient, Instance, Operation } from '../support/client.ts';
import { ConsoleViewer } from '../support/console.ts';
import { folderOf } from '../support/leftovers.ts';
import { processesOf } from '../support/processes.ts';
import { TestPlatform } from '../support/platform.ts';
import { game, warmHome } from '../support/warm-home.ts';

const npm = await needs.npmRegistry();
const root = await needs.root();
const noAdministrator = { ZLH_ACCOUNTS_ADMIN_EMAIL: '', ZLH_ACCOUNTS_ADMIN_PASSWORD: '' };

async function server(client: ApiClient, name: string): Promise<Instance> {
  const { instance, operation } = await client.ask<{ instance: Instance; operation: Operation }>(
    'POST',
    '/api/instances',
    { ...game, name },
  );
  const { state, error } = await client.untilOver(operation.id);
  assert.is(state, 'succeeded', JSON.stringify(error));
  return client.until(
    () => client.instance(instance.id),
    ({ ready }) => ready,
  );
}

const untilReady = (client: ApiClient, id: string) =>
  client.until(
    () => client.instance(id),
    ({ ready }) => ready,
  );

test('the first start prints a link with which exactly one administrator is made', async () => {
  const platform = await TestPlatform.start({ env: noAdministrator });
  try {
    const link = await platform.said(/https?:\/\/\S+\/setup\?token=[\w-]+/);
    const token = new URL(link).searchParams.get('token');
    const client = platform.anonymous();
    const body = { token, email: 'host@example.org', password: 'a long enough password' };
    const first = await client.request('POST', '/api/auth/setup', body, { origin: platform.url });
    assert.ok(first.status < 300, JSON.stringify(first.body));
    const second = await client.request('POST', '/api/auth/setup', body, { origin: platform.url });
    assert.ok(second.status >= 400 && second.status < 500);
    const me = await (
      await client.signIn(body.email, body.password)
    ).request('GET', '/api/auth/me');
    assert.is((me.body as { user: { role: string } }).user.role, 'administrator');
  } finally {
    await platform.remove();
  }
});

when(npm)('Ctrl-C ends everything gracefully, and the next start finds all as it was', async () => {
  const platform = await TestPlatform.start({ from: await warmHome() });
  try {
    const client = await platform.admin();
    const runs = await server(client, 'Runs');
    const rests = await server(client, 'Rests');
    const { operation } = await client.ask<{ operation: Operation }>(
      'POST',
      `/api/instances/${rests.id}/stop`,
    );
    assert.is((await client.untilOver(operation.id)).state, 'succeeded');

    assert.is(await platform.stop('SIGINT'), 0);
    assert.equal(processesOf(platform.home), [], 'every process it started has ended');

    await platform.start();
    client.moveTo(platform.url);
    await untilReady(client, runs.id);
    const viewer = await ConsoleViewer.open(client, runs.id);
    await viewer.until(/Done \(/);
    viewer.close();
    assert.is(
      (await client.instance(rests.id)).observed,
      'stopped',
      'and its session still counts',
    );
  } finally {
    await platform.remove();
  }
});

when(npm)(
  'a server survives the crash of the platform, and the next start adopts it',
  async (npmPath) => {
    const platform = await TestPlatform.start({ from: await warmHome() });
    try {
      const { id, address } = await server(await platform.admin(), 'Survivor');
      const before = processesOf(folderOf(platform.home, id));
      const alex = await joinAsPlayer({
        npm: npmPath,
        port: address!.port,
        version: game.version,
        username: 'alex',
      });
      await platform.kill();
      await alex.chat('still here');
      await alex.waitForChat('still here');

      await platform.start();
      const client = await platform.admin();
      await untilReady(client, id);
      assert.equal(
        processesOf(folderOf(platform.home, id)),
        before,
        'the same processes, no second server',
      );
      assert.is(
        (
          await client.request('POST', `/api/instances/${id}/console/commands`, {
            command: 'say adopted',
          })
        ).status,
        204,
      );
      await alex.waitForChat('adopted');
      await alex.quit();
    } finally {
      await platform.remove();
    }
  },
);

when(npm)('keepRunning leaves servers running when the platform stops', async () => {
  const platform = await TestPlatform.make({
    from: await warmHome(),
    env: { ZLH_PROVIDER_LOCAL_KEEP_RUNNING: 'true' },
  });
  await platform.start();
  try {
    const { id } = await server(await platform.admin(), 'Stays');
    const before = processesOf(folderOf(platform.home, id));
    assert.is(await platform.stop(), 0);
    assert.equal(processesOf(folderOf(platform.home, id)), before);
    await platform.start();
    const client = await platform.admin();
    await untilReady(client, id);
    assert.equal(processesOf(folderOf(platform.home, id)), before);
    const { operation } = await client.ask<{ operation: Operation }>(
      'DELETE',
      `/api/instances/${id}`,
    );
    assert.is((await client.untilOver(operation.id)).state, 'succeeded');
  } finally {
    await platform.remove();
  }
});

async function refusal(platform: TestPlatform): Promise<string> {
  await platform.start().then(
    () => assert.unreachable('it started'),
    () => undefined,
  );
  assert.is.not(await platform.ended(), 0);
  return platform.stderr;
}

test('a busy port, a home in use and a home that cannot be written: one clear sentence each', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const first = await TestPlatform.start();
  const busy = await TestPlatform.make({ env: { ZLH_HTTP_PORT: String(port) } });
  const second = await TestPlatform.make({ home: first.home });
  const folder = await mkdtemp(join(tmpdir(), 'zlh-file-'));
  await writeFile(join(folder, 'home'), 'a file in the way');
  const blocked = await TestPlatform.make({ home: join(folder, 'home') });
  try {
    const busySays = await refusal(busy);
    assert.match(busySays, `Port ${port}`);
    assert.match(busySays, 'ZLH_HTTP_PORT');
    assert.equal(processesOf(busy.home), [], 'what had begun was ended');
    const secondSays = await refusal(second);
    assert.match(secondSays, `Another platform (process ${first.pid}) is using the home`);
    const blockedSays = await refusal(blocked);
    assert.match(blockedSays, 'cannot be written');
    for (const said of [busySays, secondSays, blockedSays]) {
      assert.is(said.trim().split('\n').length, 1, said);
      assert.not.match(said, / at .*\.ts/);
    }
    assert.is(
      (await first.anonymous().request('GET', '/health/ready')).status,
      200,
      'the first one is unharmed',
    );
  } finally {
    taken.close();
    await first.remove();
    await busy.remove();
    await rm(folder, { recursive: true });
  }
});

test('all wrong settings are told at once', async () => {
  const platform = await TestPlatform.make({
    env: { ZLH_HTTP_PORT: 'many', ZLH_OPERATIONS_CONCURRENCY: '0', ZLH_DATABASE_POOL: '3' },
  });
  try {
    const said = await refusal(platform);
    for (const part of ['"port"', 'ZLH_HTTP_PORT', '"concurrency"', 'ZLH_DATABASE_POOL'])
      assert.match(said, part);
  } finally {
    await platform.remove();
  }
});

when(npm, root)('it runs as an ordinary user too', async () => {
  const nobody = 65_534;
  const folder = await mkdtemp(join(tmpdir(), 'zlh-user-'));
  await chown(folder, nobody, nobody);
  const platform = await TestPlatform.make({
    home: join(folder, 'home'),
    user: nobody,
    env: { HOME: folder },
  });
  await platform.start();
  try {
    const client = await platform.admin();
    const { id } = await server(client, 'Ordinary');
    const { operation } = await client.ask<{ operation: Operation }>(
      'DELETE',
      `/api/instances/${id}`,
    );
    assert.is((await client.untilOver(operation.id)).state, 'succeeded');
    assert.is(await platform.stop('SIGTERM'), 0);
    assert.equal(processesOf(platform.home), []);
  } finally {
    await platform.remove();
    await rm(folder, { recursive: true, force: true });
  }
});

test.run();
