/**
 * Backups from the API to the disk. A real server runs on while it is backed up. A restore brings the old
 * bytes back and keeps a checkpoint.
 */
// time-limit: 300s
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchPeer } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../runner/needs.ts';
import type { Accepted, ApiClient } from '../support/client.ts';
import { folderOf } from '../support/leftovers.ts';
import { TestPlatform } from '../support/platform.ts';
import { game, warmHome } from '../support/warm-home.ts';

interface Backup {
  readonly id: string;
  readonly type: string;
  readonly state: string;
  readonly storedBytes: number;
  readonly verifiedAt: string | null;
}
type Begun = Accepted & { readonly backupId: string };

when(await needs.npmRegistry())('a server is backed up while it runs, and restored', async () => {
  const platform = await TestPlatform.make({
    from: await warmHome(),
    env: { ZLH_HTTP_CHECK_ANSWERS: 'true' },
  });
  try {
    await platform.start();
    const client = await platform.admin();
    const { instance, operation } = await client.ask<Accepted>('POST', '/api/instances', {
      ...game,
      name: 'Worth keeping',
    });
    assert.is((await client.untilOver(operation.id)).state, 'succeeded');
    const scene = new Scene(platform, client, instance.id);
    const backup = await scene.backUpWhileRunning();
    await scene.restore(backup);
    await scene.refuseStrangers(backup);
    await scene.refuseDamage(backup);
    await scene.remove(backup);
  } finally {
    await platform.remove();
  }
});

class Scene {
  readonly #platform: TestPlatform;
  readonly #client: ApiClient;
  readonly #id: string;
  readonly #backups: string;

  constructor(platform: TestPlatform, client: ApiClient, id: string) {
    this.#platform = platform;
    this.#client = client;
    this.#id = id;
    this.#backups = `/api/instances/${id}/backups`;
  }

  async backUpWhileRunning(): Promise<Backup> {
    await this.#write('builds/house', 'as it was');
    const before = await this.#startedAt();
    const begun = await this.#client.ask<Begun>('POST', this.#backups, { name: 'A good day' });
    const ended = await this.#client.untilOver(begun.operation.id);
    assert.is(ended.state, 'succeeded', JSON.stringify(ended.error));
    const backup = await this.#get(begun.backupId);
    assert.is(backup.state, 'complete');
    assert.ok(backup.storedBytes > 0);
    assert.is(await this.#startedAt(), before, 'the server ran throughout');
    return backup;
  }

  async restore({ id }: Backup): Promise<void> {
    await this.#write('builds/house', 'burnt down');
    await this.#write('builds/ruin', 'x');
    const begun = await this.#client.ask<Begun>('POST', `${this.#backups}/${id}/restore`);
    const second = await this.#client.request('POST', `${this.#backups}/${id}/restore`);
    assert.is(second.status, 409);
    const ended = await this.#client.untilOver(begun.operation.id);
    assert.is(ended.state, 'succeeded', JSON.stringify(ended.error));
    const { result } = ended as unknown as { result: Record<string, unknown> };
    assert.is(result['restored'], true);
    assert.is(result['backup'], id);
    assert.is(await this.#read('builds/house'), 'as it was');
    assert.is((await this.#content('builds/ruin')).status, 404);
    const status = await this.#client.ask<{ observed: string; ready: boolean }>(
      'GET',
      `/api/instances/${this.#id}`,
    );
    assert.equal([status.observed, status.ready], ['running', true]);
    const checkpoint = await this.#get(result['checkpoint'] as string);
    assert.equal([checkpoint.type, checkpoint.state], ['checkpoint', 'complete']);
    assert.ok((await this.#get(id)).verifiedAt);
  }

  /** By the agent's own way in: its token opens the backups of its own instance. */
  async refuseStrangers({ id }: Backup): Promise<void> {
    const socket = `unix:${join(this.#platform.home, 'run/agents.sock')}`;
    const folder = folderOf(this.#platform.home, this.#id);
    const token = (await readFile(join(folder, 'agent-token'), 'utf8')).trim();
    const get = async (authorization: string) =>
      (await fetchPeer(socket, `/api/agents/backups/${id}`, { headers: { authorization } })).status;
    assert.is(await get(`Bearer ${token}`), 200);
    const other = token.replace(this.#id, '0197a3c2-1111-7222-8333-123456789abc');
    assert.is(await get(`Bearer ${other}`), 401);
    const people = await this.#client.request('GET', `/api/agents/backups/${id}`);
    assert.is(people.status, 403);
  }

  async refuseDamage({ id }: Backup): Promise<void> {
    const blobs = join(this.#platform.home, 'storage/blobs/backups', this.#id, id);
    const [attempt] = await readdir(blobs);
    const part = join(blobs, attempt!, '000000');
    const bytes = await readFile(part);
    bytes[Math.floor(bytes.length / 2)]! ^= 1;
    await writeFile(part, bytes);
    await this.#write('builds/house', 'built anew');
    const begun = await this.#client.ask<Begun>('POST', `${this.#backups}/${id}/restore`);
    const ended = await this.#client.untilOver(begun.operation.id);
    assert.equal([ended.state, ended.error?.code], ['failed', 'backups.damaged']);
    assert.is(await this.#read('builds/house'), 'built anew');
    assert.is((await this.#get(id)).state, 'damaged');
  }

  async remove({ id }: Backup): Promise<void> {
    assert.is((await this.#client.request('DELETE', `${this.#backups}/${id}`)).status, 204);
    assert.is((await this.#client.request('GET', `${this.#backups}/${id}`)).status, 404);
  }

  #get(id: string): Promise<Backup> {
    return this.#client.ask<Backup>('GET', `${this.#backups}/${id}`);
  }

  #content(path: string) {
    const query = encodeURIComponent(path);
    return this.#client.request('GET', `/api/instances/${this.#id}/files/content?path=${query}`);
  }

  async #read(path: string): Promise<string> {
    return (await this.#content(path)).body['text'] as string;
  }

  async #write(path: string, content: string): Promise<void> {
    const at = `/api/instances/${this.#id}/files/content?path=${encodeURIComponent(path)}`;
    await this.#client.request('PUT', at, content);
  }

  /** Since when its process has been in the state that it is in. */
  async #startedAt(): Promise<string> {
    return (await this.#client.ask<{ since: string }>('GET', `/api/instances/${this.#id}`)).since;
  }
}

test.run();
