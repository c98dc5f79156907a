/** How a host ends the platform, gently or not: worlds are saved, and whoever must not wait need not. */
import { chmod, chown, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { joinAsPlayer, type Player } from '../player/player.ts';
import { needs, when } from '../runner/needs.ts';
import type { Accepted, ApiClient, Instance } from '../support/client.ts';
import { folderOf } from '../support/leftovers.ts';
import { TestPlatform } from '../support/platform.ts';
import { processesOf } from '../support/processes.ts';
import { game, plainHome, warmHome } from '../support/warm-home.ts';

const npm = await needs.npmRegistry();
const root = await needs.root();

/** The kernel takes a second signal this soon for the echo of the first: npm passes on what the terminal sent already. */
const echoMs = 1_000;

async function server(client: ApiClient): Promise<Instance> {
  const { instance, operation } = await client.ask<Accepted>('POST', '/api/instances', {
    ...game,
    name: 'World',
  });
  const { state, error } = await client.untilOver(operation.id);
  assert.is(state, 'succeeded', JSON.stringify(error));
  return ready(client, instance.id);
}

const ready = (client: ApiClient, id: string): Promise<Instance> =>
  client.until(
    () => client.instance(id),
    (instance) => instance.ready,
  );

const enter = (npmPath: string, { address }: Instance): Promise<Player> =>
  joinAsPlayer({ npm: npmPath, port: address!.port, version: game.version, username: 'alex' });

/** Of these processes the agent of the folder: `zlh agent --home <folder>`. */
async function agentOf(pids: readonly number[], folder: string): Promise<number> {
  for (const pid of pids) {
    const args = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
    if (args.includes('agent') && args[args.indexOf('--home') + 1] === folder) return pid;
  }
  throw new Error('there is no agent');
}

test('SIGTERM and SIGHUP end the platform as Ctrl-C does', async () => {
  const platform = await TestPlatform.make({ from: await plainHome() });
  try {
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
      await platform.start();
      assert.is(await platform.stop(signal), 0, signal);
      assert.equal(processesOf(platform.home), [], signal);
      assert.is(platform.stderr, '', signal);
    }
  } finally {
    await platform.remove();
  }
});

test('a platform that gets SIGINT while it starts ends', async () => {
  const platform = await TestPlatform.make();
  try {
    const started = platform.start().then(
      () => 'listens',
      () => 'ended',
    );
    await platform.said(/./);
    platform.signal('SIGINT');
    assert.is(await platform.ended(), 0);
    await started;
    assert.equal(processesOf(platform.home), []);
  } finally {
    await platform.remove();
  }
});

when(npm)('what a player built is there after Ctrl-C and the next start', async (npmPath) => {
  const platform = await TestPlatform.start({ from: await warmHome() });
  try {
    const instance = await server(await platform.admin());
    const builder = await enter(npmPath, instance);
    const place = await builder.placeBlock('stone');
    assert.is(await platform.stop('SIGINT'), 0);
    await builder.closed;

    await platform.start();
    const visitor = await enter(npmPath, await ready(await platform.admin(), instance.id));
    assert.is(await visitor.blockAt(place), 'stone');
    await visitor.quit();
  } finally {
    await platform.remove();
  }
});

when(npm)('a second Ctrl-C does not wait, and the next start adopts what still runs', async () => {
  const platform = await TestPlatform.start({ from: await warmHome() });
  try {
    const { id } = await server(await platform.admin());
    const folder = folderOf(platform.home, id);
    const before = processesOf(folder);
    const agent = await agentOf(before, folder);
    process.kill(agent, 'SIGSTOP'); // it does not answer, so the stop waits for it
    try {
      platform.signal('SIGINT');
      await platform.said(/^SIGINT: stopping/);
      await wait(echoMs * 1.1);
      platform.signal('SIGINT');
      assert.is(await platform.ended(), 130);
    } finally {
      process.kill(agent, 'SIGCONT');
    }
    await platform.start();
    await ready(await platform.admin(), id);
    assert.is(await platform.stop(), 0);
    assert.equal(processesOf(platform.home), []);
  } finally {
    await platform.remove();
  }
});

when(root)('a home that belongs to somebody else is refused in one sentence', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'zlh-read-only-'));
  await chmod(folder, 0o755);
  const nobody = 65_534;
  const platform = await TestPlatform.make({ home: folder, user: nobody, env: { HOME: folder } });
  try {
    await platform.start().then(
      () => assert.unreachable('it started'),
      () => undefined,
    );
    assert.is.not(await platform.ended(), 0);
    assert.match(
      platform.stderr,
      `The home "${folder}" cannot be written: this user has no access to it.`,
    );
    assert.is(platform.stderr.trim().split('\n').length, 1, platform.stderr);
    await chown(folder, nobody, nobody);
    await platform.start();
    assert.is(await platform.stop(), 0);
  } finally {
    await platform.remove();
    await rm(folder, { recursive: true, force: true });
  }
});

test.run();
