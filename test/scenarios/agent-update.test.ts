/**
 * An agent is brought to the release of its platform while somebody plays: the player notices nothing, also when the
 * release is worth nothing and is taken back, and the server has an agent in every case.
 */
// time-limit: 300s
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { test } from 'uvu';
import { joinAsPlayer } from '../player/player.ts';
import { needs, when } from '../runner/needs.ts';
import type { Accepted, ApiClient, Operation } from '../support/client.ts';
import { ConsoleViewer } from '../support/console.ts';
import { repository, TestPlatform } from '../support/platform.ts';
import { game, warmHome } from '../support/warm-home.ts';

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
  const plugins = { '@zlh/agent': {}, '@zlh/agent-minecraft': {}, breaks: {} };
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

const lines = (from: number) => Array.from({ length: 20 }, (_, index) => `line ${from + index}.`);

when(npm)(
  'agents are updated under a player, who notices nothing, whatever the release is worth',
  async (npmPath) => {
    const first = await TestPlatform.start({ from: await warmHome() });
    const { home } = first;
    const env = { ZLH_AGENT_RELEASES_AGENT_CONFIG: await brokenConfig(join(home, 'broken')) };
    const second = await TestPlatform.make({ home, env });
    try {
      let client = await first.admin();
      const made = await client.ask<Accepted>('POST', '/api/instances', {
        ...game,
        name: 'Played on',
      });
      assert.is((await client.untilOver(made.operation.id)).state, 'succeeded');
      const { id } = made.instance;
      const { port } = (await client.instance(id)).address!;
      const alex = await joinAsPlayer({
        npm: npmPath,
        port,
        version: game.version,
        username: 'alex',
      });
      let left = false;
      void alex.closed.then(() => (left = true));
      assert.is((await statusOf(client, id)).release, null);

      const good = update(client, id);
      for (const line of lines(1)) await alex.chat(line);
      assert.is((await good).error, null);
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
      const bad = update(client, id);
      for (const line of lines(21)) await alex.chat(line);
      const { state, error } = await bad;
      assert.equal([state, error?.code], ['failed', 'AGENT_UPDATE_TAKEN_BACK']);
      assert.equal(await statusOf(client, id), { release, ready: true });

      const viewer = await ConsoleViewer.open(client, id);
      for (const line of [...lines(1), ...lines(21)]) await viewer.until(line);
      viewer.close();
      assert.not(left, 'the player has never been disconnected');
      await alex.quit();
    } finally {
      await first.kill();
      await second.remove();
    }
  },
);

test.run();
