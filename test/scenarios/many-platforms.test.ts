/** Several platform processes on one database: any of them can carry on what another began. */
// time-limit: 400s
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { test } from 'uvu';
import { needs, when } from '../runner/needs.ts';
import { ApiClient, type Instance, type Operation } from '../support/client.ts';
import { remains, rowsOf } from '../support/leftovers.ts';
import { TestPlatform } from '../support/platform.ts';
import { startExternalServer } from '../support/postgres.ts';
import { game } from '../support/warm-home.ts';

const npm = await needs.npmRegistry();
const postgres = await needs.postgresServer();

when(npm, postgres)(
  'two started at the same instant share one database, and one finishes what the other began',
  async (_npm, server) => {
    const external = await startExternalServer(server);
    const url = await external.database();
    const store = await mkdtemp(join(tmpdir(), 'zlh-store-'));
    const env = { DATABASE_URL: url, ZLH_CATALOG_STORE: store };
    const [one, two] = await Promise.all([TestPlatform.make({ env }), TestPlatform.make({ env })]);
    try {
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
        }>('POST', '/api/instances', { ...game, name: `Killed in ${phase}` });
        await atTwo.until(
          () => atTwo.operation(operation.id),
          ({ phases, state }) =>
            state !== 'queued' &&
            phases.some(({ name, state: is }) => name === phase && is !== 'pending'),
        );
        await one.kill();
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
      await rm(store, { recursive: true, force: true });
    }
  },
);

test.run();
