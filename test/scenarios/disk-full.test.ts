/**
 * A disk that fills up, in each place where a server needs one: what cannot be done says so and is done when there is
 * room again, and everything else goes on.
 */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { test } from 'uvu';
import { needs, when } from '../runner/needs.ts';
import type { Accepted, ApiClient, Operation } from '../support/client.ts';
import { remains } from '../support/leftovers.ts';
import { TestPlatform } from '../support/platform.ts';
import { isAgentOf, processesOf } from '../support/processes.ts';
import { offerShellGame, shellGame } from '../support/shell-game.ts';
import { TinyDisk } from '../support/tiny-disk.ts';
import { TusUpload } from '../support/tus.ts';
import { game, plainHome, warmHome } from '../support/warm-home.ts';

const npm = await needs.npmRegistry();
const mounts = await needs.mounts();

const roomy = 3000;

interface Site {
  /** Where the home comes from; default: one with the game in its store. */
  readonly from?: () => Promise<string>;
  /** Folders of the home that are disks of their own, and their size in MiB. */
  readonly disks: Readonly<Record<string, number>>;
  readonly env?: (home: string) => Record<string, string>;
  /** Before the platform starts. */
  readonly prepare?: (home: string) => Promise<void>;
}

/** A platform whose database has room, with disks of their own for the rest. */
async function withDisks(
  { from = warmHome, disks: sizes, env = () => ({}), prepare }: Site,
  run: (platform: TestPlatform, disks: readonly TinyDisk[]) => Promise<void>,
): Promise<void> {
  const made = await TestPlatform.make({ from: await from() });
  const disks: TinyDisk[] = [];
  for (const [name, mebibytes] of Object.entries(sizes))
    disks.push(await TinyDisk.mount(join(made.home, name), mebibytes));
  await prepare?.(made.home);
  const platform = await TestPlatform.make({ home: made.home, env: env(made.home) });
  try {
    await platform.start();
    await run(platform, disks);
    assert.is(await platform.stop(), 0);
  } finally {
    await platform.stop();
    for (const disk of disks) await disk.unmount();
    await platform.remove();
  }
}

async function over(client: ApiClient, { id }: Operation): Promise<Operation> {
  return client.untilOver(id);
}

const create = (client: ApiClient, name: string) =>
  client.ask<Accepted>('POST', '/api/instances', { ...game, name });

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

const retry = (client: ApiClient, { id }: Operation) =>
  client.ask<{ operation: Operation }>('POST', `/api/operations/${id}/retry`);

async function failedIn(client: ApiClient, operation: Operation, phase: string, code: string) {
  const ended = await over(client, operation);
  assert.is(ended.state, 'failed');
  assert.is(ended.phases.find(({ state }) => state === 'failed')?.name, phase);
  assert.is(ended.error!.code, code);
  assert.match(ended.error!.detail, /full/i);
  assert.match(ended.error!.detail, /Free some/);
}

async function succeeds(client: ApiClient, operation: Operation): Promise<void> {
  const { state, error } = await over(client, operation);
  assert.is(state, 'succeeded', JSON.stringify(error));
}

async function act(client: ApiClient, id: string, action: string): Promise<void> {
  const { operation } = await client.ask<Accepted>('POST', `/api/instances/${id}/${action}`);
  await succeeds(client, operation);
}

async function remove(client: ApiClient, { home }: TestPlatform, id: string): Promise<void> {
  const { operation } = await client.ask<Accepted>('DELETE', `/api/instances/${id}`);
  await succeeds(client, operation);
  assert.equal(remains(home, id), { folder: false, processes: [] });
}

when(mounts)('no room for artifacts: the store stays clean, and a retry imports them', async () => {
  const content = randomBytes(40 * 2 ** 20);
  const publisher = createServer((_, response) => response.end(content)).listen(0, '127.0.0.1');
  await once(publisher, 'listening');
  const url = `http://127.0.0.1:${(publisher.address() as AddressInfo).port}/server`;
  const request = { url, sha256: sha256(content) };
  const site: Site = {
    from: plainHome,
    disks: { store: 24 },
    env: (home) => ({ ZLH_CATALOG_STORE: join(home, 'store') }),
    prepare: (home) =>
      offerShellGame(home, { artifacts: [{ name: 'server', importer: 'url', request }] }),
  };
  try {
    await withDisks(site, async (platform, [store]) => {
      const client = await platform.admin();
      const wanted = { ...shellGame, name: 'Waits for room' };
      const { instance, operation } = await client.ask<Accepted>('POST', '/api/instances', wanted);
      await failedIn(client, operation, 'artifacts', 'CATALOG_DISK_FULL');
      assert.equal(await readdir(join(store!.folder, 'imports')), []);
      await store!.resize(roomy);
      await retry(client, operation);
      await succeeds(client, operation);
      assert.ok((await client.instance(instance.id)).ready);
      await remove(client, platform, instance.id);
    });
  } finally {
    publisher.close();
  }
});

when(npm, mounts)('no room to install: nothing half made stays, and a retry installs it', () =>
  withDisks({ disks: { 'artifact-cache': 90 } }, async (platform, [cache]) => {
    const client = await platform.admin();
    const { instance, operation } = await create(client, 'Waits for room');
    await failedIn(client, operation, 'install', 'AGENT_DISK_FULL');
    assert.equal(await filesIn(cache!.folder), []);
    await cache!.resize(roomy);
    await retry(client, operation);
    await succeeds(client, operation);
    assert.ok((await client.instance(instance.id)).ready);
    await remove(client, platform, instance.id);
  }),
);

/** All files of artifacts; folders of agents' work, their notes and the compile cache do not count. */
async function filesIn(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile() && !/\.compile|\.uses/.test(entry.parentPath))
    .map(({ parentPath, name }) => join(parentPath, name));
}

when(npm, mounts)(
  'the disk of the servers fills: they are told truly, and can be stopped and deleted',
  () =>
    withDisks({ disks: { instances: 200 } }, async (platform, [disk]) => {
      const client = await platform.admin();
      const [first, second] = [await create(client, 'First'), await create(client, 'Second')];
      await succeeds(client, first.operation);
      await succeeds(client, second.operation);
      await disk!.fill();

      const late = await create(client, 'Too late');
      await failedIn(client, late.operation, 'agent', 'PROVIDER_LOCAL_DISK_FULL');
      const running = await client.instance(first.instance.id);
      assert.equal([running.observed, running.ready], ['running', true]);
      await act(client, first.instance.id, 'stop');
      const stopped = await client.instance(first.instance.id);
      assert.equal([stopped.observed, stopped.ready], ['stopped', false]);
      await remove(client, platform, second.instance.id);

      await disk!.fill();
      const again = await client.ask<Accepted>('POST', `/api/instances/${first.instance.id}/start`);
      const refused = await over(client, again.operation);
      assert.is(refused.state, 'failed');
      assert.match(refused.error!.detail, /full/);
      const agents = processesOf(disk!.folder).filter((pid) =>
        isAgentOf(pid, join(disk!.folder, first.instance.id)),
      );
      assert.is(agents.length, 1, 'the agent stays up');
      assert.is((await client.request('GET', '/health/ready')).status, 200);

      await disk!.empty();
      await retry(client, late.operation);
      await succeeds(client, late.operation);
      await act(client, first.instance.id, 'start');
      for (const { instance } of [first, late]) {
        assert.ok((await client.instance(instance.id)).ready);
        await remove(client, platform, instance.id);
      }
    }),
);

when(npm, mounts)(
  'the disk fills in the middle of uploads: nothing half is seen, and they go on where they were',
  () =>
    withDisks({ disks: { instances: 300 } }, async (platform, [disk]) => {
      const client = await platform.admin();
      const { instance, operation } = await create(client, 'Takes a world');
      await succeeds(client, operation);
      const content = randomBytes(64 * 2 ** 20);
      const upload = await TusUpload.begin(client, instance.id, content, {
        path: 'maps/world.zip',
        sha256: sha256(content),
      });
      await upload.cut(0, content.length / 2);
      await disk!.fill();

      const refused = await upload.finish(await upload.offset());
      assert.is(refused.status, 413, refused.text);
      assert.match(refused.text, 'FILES_DISK_FULL');
      const at = `/api/instances/${instance.id}/files/content?path=server.properties`;
      const before = await client.request<{ text: string }>('GET', at);
      const put = await fetch(client.url + at, {
        method: 'PUT',
        headers: { ...client.headers, 'content-type': 'application/octet-stream' },
        body: randomBytes(2 ** 20),
      });
      assert.equal([put.status, (await put.json()).code], [413, 'FILES_DISK_FULL']);
      assert.equal((await client.request('GET', at)).body, before.body, 'the old one is whole');
      const data = join(platform.home, 'instances', instance.id, 'data');
      assert.not.ok((await readdir(data)).includes('maps'));

      await disk!.empty();
      const from = await upload.offset();
      assert.ok(from > 0, 'what had come is kept');
      assert.is((await upload.finish(from)).status, 204);
      assert.is(sha256(await readFile(join(data, 'maps/world.zip'))), sha256(content));
      await remove(client, platform, instance.id);
    }),
);

when(mounts)(
  'the disk of the database fills: what is there can be read, and all goes on when there is room',
  async () => {
    const platform = await TestPlatform.make();
    const disk = await TinyDisk.mount(platform.home, 400);
    try {
      await platform.start();
      const client = await platform.admin();
      const write = () =>
        client.request('POST', '/api/api-keys', { name: 'backup', scopes: ['instances.read'] });
      // What is half empty in its files takes some more rows before it asks the disk.
      await disk.fill();
      let answer = await write();
      for (let tries = 0; answer.status === 201 && tries < 20; tries++) answer = await write();
      assert.equal([answer.status, answer.body['code']], [503, 'http.disk-full']);
      assert.is((await client.request('GET', '/api/instances')).status, 200);
      assert.is((await client.request('GET', '/health/ready')).status, 200);
      assert.is(await platform.stop(), 0);

      const refused = await platform.start().catch((error: Error) => error.message);
      assert.match(String(refused), /full/);
      await disk.empty();
      await platform.start();
      client.moveTo(platform.url);
      assert.is((await write()).status, 201);
      assert.is(await platform.stop(), 0);
    } finally {
      await platform.stop();
      await disk.unmount();
      await platform.remove();
    }
  },
);

test.run();
