/**
 * A schedule as a customer has it: a real server is restarted at its time, a player on it reads the warning in the chat
 * before, and afterwards history, figures and logs tell what happened.
 */
// time-limit: 600s
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { scaled } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { joinAsPlayer } from '../player/player.ts';
import { needs, when } from '../runner/needs.ts';
import type { Accepted, ApiClient, Operation } from '../support/client.ts';
import { TestPlatform } from '../support/platform.ts';
import { game, warmHome } from '../support/warm-home.ts';

interface Schedule {
  readonly id: string;
  readonly nextAt: string;
  readonly last: { readonly outcome: string; readonly operationId: string } | null;
}

when(await needs.npmRegistry())(
  'a server is restarted at night, and its players are told',
  async (npm) => {
    const platform = await TestPlatform.start({ from: await warmHome() });
    try {
      const owner = await platform
        .anonymous()
        .register('owner@example.org', 'a long enough password');
      const { instance, operation } = await owner.ask<Accepted>('POST', '/api/instances', {
        ...game,
        name: 'Skyblock',
      });
      const created = await owner.untilOver(operation.id);
      assert.is(created.state, 'succeeded', JSON.stringify(created.error));
      const { address } = await owner.until(
        () => owner.instance(instance.id),
        ({ ready }) => ready,
      );
      const alex = await joinAsPlayer({
        npm,
        port: address!.port,
        version: game.version,
        username: 'alex',
        timeoutMs: scaled(180_000),
      });

      const path = `/api/instances/${instance.id}/schedules`;
      const { id, nextAt } = await owner.ask<Schedule>('POST', path, {
        name: 'Nightly',
        timeZone: 'UTC',
        cron: atNextMinuteBut(90_000),
        action: { kind: 'restart', input: { warnMinutes: [1], message: 'Down in {minutes} min' } },
      });
      await alex.waitForChat('Down in 1 min');
      assert.ok(Date.now() < Date.parse(nextAt), 'before it, not after');

      const find = async () =>
        (await owner.ask<{ items: Schedule[] }>('GET', path)).items.find((each) => each.id === id)!;
      const { last } = await owner.until(find, (each) => each.last?.outcome === 'succeeded');
      const restart = await owner.ask<Operation & { requestedBy: string }>(
        'GET',
        `/api/operations/${last!.operationId}`,
      );
      assert.equal(
        [restart.kind, restart.requestedBy],
        ['instances.restart', 'schedule "Nightly"'],
      );
      await owner.until(
        () => owner.instance(instance.id),
        ({ ready }) => ready,
      );
      await told(platform, owner, instance.id);
      await alex.closed;
      assert.is(await platform.stop(), 0);
      const log = await readFile(
        join(platform.home, 'instances', instance.id, 'agent.log'),
        'utf8',
      );
      assert.match(log, `"instanceId":"${instance.id}"`);
      assert.ok(
        platform.log.some(
          (line) =>
            line['operationId'] === restart.id &&
            line['instanceId'] === instance.id &&
            line['plugin'] === 'operations',
        ),
      );
    } finally {
      await platform.remove();
    }
  },
);

/** What history and figures say afterwards. */
async function told(platform: TestPlatform, owner: ApiClient, instanceId: string): Promise<void> {
  const { periods } = await owner.ask<{ periods: { state: string }[] }>(
    'GET',
    `/api/instances/${instanceId}/uptime`,
  );
  const states = periods.map(({ state }) => state);
  assert.equal(states.slice(-3), ['ready', 'running', 'ready'], states.join());
  const { items } = await owner.ask<{ items: unknown[] }>(
    'GET',
    `/api/instances/${instanceId}/crashes`,
  );
  assert.equal(items, [], 'a restart is no crash');
  const { samples } = await owner.ask<{ samples: { memoryBytes: { most: number } }[] }>(
    'GET',
    `/api/instances/${instanceId}/usage`,
  );
  assert.ok(samples.length > 0 && samples[0]!.memoryBytes.most > 10_000_000);
  const metrics = (await (await platform.admin()).request('GET', '/metrics')).body[
    'text'
  ] as string;
  assert.match(metrics, 'zlh_instances{kind="game",observed="running",ready="true"} 1');
  assert.match(
    metrics,
    'zlh_operation_duration_seconds_count{kind="instances.restart",state="succeeded"} 1',
  );
}

/** A pattern for the first whole minute that is at least so far away. */
function atNextMinuteBut(ms: number): string {
  const at = new Date(Math.ceil((Date.now() + ms) / 60_000) * 60_000);
  return `${at.getUTCMinutes()} ${at.getUTCHours()} * * *`;
}

test.run();
