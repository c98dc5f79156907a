/**
 * An agent is brought to the release of its platform while somebody plays, the server floods its console and people
 * watch that: the player notices nothing, no line is lost that fits the scrollback, also when the release is worth
 * nothing and is taken back, and the server has an agent in every case.
 */
// time-limit: 300s
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FloodViewer } from '@zlh/agent/testing';
import * as assert from 'uvu/assert';
import { test } from 'uvu';
import { joinAsPlayer, type Player } from '../player/player.ts';
import { needs, when } from '../runner/needs.ts';
import type { Accepted, ApiClient, Operation } from '../support/client.ts';
import { repository, TestPlatform } from '../support/platform.ts';
import { offerPlugged, PlugIn, pluggedGame } from '../support/plug-in-game.ts';
import { warmHome } from '../support/warm-home.ts';

const npm = await needs.npmRegistry();

/** A configuration of agents with one plugin more, which breaks in its start. */
async function brokenConfig(folder: string): Promise<string> {
  const plugin = join(folder, 'node_modules', 'breaks');
  await mkdir(join(folder, 'node_modules', '@zlh'), { recursive: true });
  await mkdir(plugin);
  for (const name of ['kernel', 'agent', 'agent-minecraft'])
    await symlink(
      join(repository, 'node_modules/@zlh', name),
      join(folder, 'node_modules/@zlh', name),
    );
  const manifest = {
    name: 'breaks',
    version: '1.0.0',
    type: 'module',
    exports: { './agent': './agent.js' },
  };
  await writeFile(join(plugin, 'package.json'), JSON.stringify(manifest));
  await writeFile(
    join(plugin, 'agent.js'),
    `import { definePlugin } from '@zlh/kernel';
     export default definePlugin({ id: 'breaks', setup() {}, start() { throw new Error('broken on purpose'); } });`,
  );
  const file = join(folder, 'agent.js');
  const plugins = { '@zlh/agent': {}, '@zlh/agent-minecraft': {}, breaks: { onFailure: 'abort' } };
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await writeFile(file, `export default { plugins: ${JSON.stringify(plugins)} };`);
  return file;
}

async function update(client: ApiClient, id: string): Promise<Operation> {
  const { operation } = await client.ask<Accepted>('POST', `/api/instances/${id}/update-agent`);
  return client.untilOver(operation.id);
}

async function statusOf(client: ApiClient, id: string) {
  const path = `/api/instances/${id}/status`;
  const { release, ready } = await client.ask<{ release: string | null; ready: boolean }>(
    'GET',
    path,
  );
  return { release, ready };
}

const viewersAtOnce = 5;
/** Every 50 ms, so that all of it fits the scrollback while there is no agent; and as fast as it can. */
const floods = { fits: 'flood 1000000 50', endless: 'flood 1000000' } as const;

interface Load {
  readonly client: ApiClient;
  readonly id: string;
  readonly plugIn: PlugIn;
  readonly player: Player;
}

/** The work's outcome, while the server floods, people watch and the player talks; what they saw is looked at then. */
async function under(
  flood: keyof typeof floods,
  { client, id, plugIn, player }: Load,
  work: () => Promise<Operation>,
): Promise<Operation> {
  const view = () => FloodViewer.at(`${client.url}/api/instances/${id}/console`, client.headers);
  await plugIn.do(floods[flood]);
  const viewers = await Promise.all(Array.from({ length: viewersAtOnce }, view));
  const doing = work();
  const said = Array.from({ length: 20 }, (_, index) => `${flood}, line ${index}.`);
  for (const line of said) await player.chat(line);
  const operation = await doing;
  // The agent that went took its viewers along.
  await Promise.all(viewers.map(({ closed }) => closed));
  for (const line of said) await player.waitForChat(line);
  const newest = (await plugIn.do('flood 0'))! - 1;
  const next = await view();
  await next.until(newest);
  for (const { fault, last } of viewers) {
    assert.is(fault, undefined);
    if (flood === 'fits')
      assert.ok(next.first <= last + 1, `lines ${last + 1} to ${next.first} are lost`);
  }
  next.close();
  return operation;
}

when(npm)(
  'agents are updated under a flood, and neither player nor viewers lose anything, whatever the release is worth',
  async (npmPath) => {
    const first = await TestPlatform.make({ from: await warmHome() });
    const { home } = first;
    await offerPlugged(home);
    await first.start();
    const env = { ZLH_AGENT_RELEASES_AGENT_CONFIG: await brokenConfig(join(home, 'broken')) };
    const second = await TestPlatform.make({ home, env });
    try {
      let client = await first.admin();
      const made = await client.ask<Accepted>('POST', '/api/instances', {
        ...pluggedGame,
        name: 'Played on',
      });
      assert.is((await client.untilOver(made.operation.id)).state, 'succeeded');
      const { id } = made.instance;
      const { port } = (await client.instance(id)).address!;
      const { version } = pluggedGame;
      const player = await joinAsPlayer({ npm: npmPath, port, version, username: 'alex' });
      let left = false;
      void player.closed.then(() => (left = true));
      assert.is((await statusOf(client, id)).release, null);
      const plugIn = await PlugIn.of(client, id);

      const good = await under('endless', { client, id, plugIn, player }, () => update(client, id));
      assert.is(good.error, null);
      const { release } = await statusOf(client, id);
      assert.match(release ?? '', /^[0-9a-f]{64}$/);

      // The platform goes away and comes back with a configuration of agents that cannot start.
      await first.kill();
      await second.start();
      client = await second.admin();
      await client.until(
        () => client.instance(id),
        ({ ready }) => ready,
      );
      for (const flood of ['fits', 'endless'] as const) {
        const bad = await under(flood, { client, id, plugIn, player }, () => update(client, id));
        assert.equal([bad.state, bad.error?.code], ['failed', 'AGENT_UPDATE_TAKEN_BACK']);
        assert.equal(await statusOf(client, id), { release, ready: true });
      }
      assert.not(left, 'the player has never been disconnected');
      await player.quit();
    } finally {
      await first.kill();
      await second.remove();
    }
  },
);

test.run();
