/** Several platform processes on one database: any of them can carry on what another began. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { test } from 'uvu';
import { needs, when } from '../runner/needs.ts';
import { ApiClient, type Instance, type Operation } from '../support/client.ts';
import { remains, rowsOf } from '../support/leftovers.ts';
import { TestPlatform } from '../support/platform.ts';
import { startExternalServer } from '../support/postgres.ts';
import { offerShellGame, shellGame } from '../support/shell-game.ts';

const postgres = await needs.postgresServer();

interface Publisher {
  /** Parts of a game's variant whose artifact comes from here. */
  readonly variant: Readonly<Record<string, unknown>>;
  /** Lets artifacts be downloaded to their end; before, they stop half way. */
  release(): void;
  close(): void;
}

/** Publishes the artifact of a game that takes a moment to start, so that each phase can be met. */
async function startPublisher(): Promise<Publisher> {
  const content = randomBytes(8 * 2 ** 20);
  const released = Promise.withResolvers<void>();
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-length': content.length });
    response.write(content.subarray(0, content.length / 2));
    void released.promise.then(() => response.end(content.subarray(content.length / 2)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sha256 = createHash('sha256').update(content).digest('hex');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/server`;
  const script = 'sleep 0.5; echo ready; while read -r line; do [ "$line" = stop ] && exit 0; done';
  return {
    variant: {
      artifacts: [{ name: 'server', importer: 'url', request: { url, sha256 } }],
      launch: { command: '/bin/sh', args: ['-c', script] },
    },
    release: released.resolve,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

when(postgres)(
  'two started at the same instant share one database, and one finishes what the other began',
  async (server) => {
    const external = await startExternalServer(server);
    const url = await external.database();
    const store = await mkdtemp(join(tmpdir(), 'zlh-store-'));
    const env = { DATABASE_URL: url, ZLH_CATALOG_STORE: store };
    const [one, two] = await Promise.all([TestPlatform.make({ env }), TestPlatform.make({ env })]);
    const publisher = await startPublisher();
    try {
      for (const { home } of [one, two]) await offerShellGame(home, publisher.variant);
      await Promise.all([one.start(), two.start()]);
      const atOne = await one.admin();
      const atTwo = new ApiClient(two.url, { ...atOne.headers, origin: two.url });
      assert.is(
        (await atTwo.request('GET', '/api/auth/me')).status,
        200,
        'a session of one counts at the other',
      );

      for (const phase of ['artifacts', 'agent', 'install', 'start']) {
        const { instance, operation } = await atOne.ask<{
          instance: Instance;
          operation: Operation;
        }>('POST', '/api/instances', { ...shellGame, name: `Killed in ${phase}` });
        await atTwo.until(
          () => atTwo.operation(operation.id),
          ({ phases, state }) =>
            state !== 'queued' &&
            phases.some(({ name, state: is }) => name === phase && is !== 'pending'),
        );
        await one.kill();
        publisher.release();
        const over = await atTwo.untilOver(operation.id);
        assert.is(over.state, 'succeeded', `${phase}: ${JSON.stringify(over.error)}`);
        await atTwo.until(
          () => atTwo.instance(instance.id),
          ({ ready }) => ready,
        );
        const removed = await atTwo.ask<{ operation: Operation }>(
          'DELETE',
          `/api/instances/${instance.id}`,
        );
        assert.is((await atTwo.untilOver(removed.operation.id)).state, 'succeeded');
        for (const { home } of [one, two])
          assert.equal(remains(home, instance.id), { folder: false, processes: [] });
        const {
          accounts_audit: _audit,
          events_event: _told,
          ...rows
        } = await rowsOf(url, instance.id);
        assert.equal(rows, { operations_operation: 1 });
        await one.start();
        atOne.moveTo(one.url);
      }
      assert.equal([await one.stop(), await two.stop()], [0, 0]);
    } finally {
      await one.remove();
      await two.remove();
      await external.stop();
      publisher.close();
      await rm(store, { recursive: true, force: true });
    }
  },
);

test.run();
