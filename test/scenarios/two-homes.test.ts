/**
 * Two platforms that know nothing of each other on one machine, with the same settings: nothing that is given away once
 * is given away again, and who finds a port in use goes on with another.
 */
// time-limit: 400s
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { test } from 'uvu';
import { needs, when } from '../runner/needs.ts';
import type { Accepted, ApiClient, Instance } from '../support/client.ts';
import { folderOf } from '../support/leftovers.ts';
import { TestPlatform } from '../support/platform.ts';
import { game, warmHome } from '../support/warm-home.ts';

const npm = await needs.npmRegistry();

/** The ranges of the settings, as two hosts would leave them. */
const defaults = { ZLH_PROVIDER_LOCAL_GAME_PORTS: '' };

interface Site {
  readonly platform: TestPlatform;
  readonly client: ApiClient;
}

async function open(from: string): Promise<Site> {
  const platform = await TestPlatform.start({ from, env: defaults });
  return { platform, client: await platform.admin() };
}

/** The instance after its operation came to a good end. */
async function done({ client }: Site, { instance, operation }: Accepted): Promise<Instance> {
  const over = await client.untilOver(operation.id);
  assert.is(over.state, 'succeeded', JSON.stringify(over.error));
  return client.instance(instance.id);
}

const create = async (site: Site, name: string) =>
  done(site, await site.client.ask('POST', '/api/instances', { ...game, name }));
const act = async (site: Site, id: string, action: string) =>
  done(site, await site.client.ask('POST', `/api/instances/${id}/${action}`));

async function listenAt(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

when(npm)(
  'two platforms make servers at the same time, and each is alone on its ports',
  async () => {
    const home = await warmHome();
    const [one, two] = await Promise.all([open(home), open(home)]);
    try {
      const both = await Promise.all(
        [one, two].flatMap((site) => [1, 2].map((number) => create(site, `Server ${number}`))),
      );
      const ports = both.map(({ address }) => address!.port);
      assert.is(new Set(ports).size, 4, ports.join());
      assert.ok(both.every(({ ready }) => ready));
      const owner = async ({ platform: { home: own } }: Site, { id }: Instance) =>
        (await stat(join(folderOf(own, id), 'data'))).uid;
      if (process.getuid!() === 0) {
        const owners = [await owner(one, both[0]!), await owner(one, both[1]!)];
        owners.push(await owner(two, both[2]!), await owner(two, both[3]!));
        assert.is(new Set(owners).size, 4, owners.join());
      }

      const [stopped] = both;
      await act(one, stopped!.id, 'stop');
      const later = await create(two, 'While it was stopped');
      assert.is.not(later.address!.port, stopped!.address!.port);
      assert.equal((await act(one, stopped!.id, 'start')).address, stopped!.address);

      await act(one, stopped!.id, 'stop');
      const squatter = await listenAt(stopped!.address!.port);
      const moved = await act(one, stopped!.id, 'start');
      squatter.close();
      assert.ok(moved.ready);
      assert.not.ok([...ports, later.address!.port].includes(moved.address!.port));
      assert.equal((await act(one, moved.id, 'restart')).address, moved.address, 'it stays there');
      assert.equal([await one.platform.stop(), await two.platform.stop()], [0, 0]);
    } finally {
      await one.platform.remove();
      await two.platform.remove();
    }
  },
);

test.run();
