/** The limits of an instance on their whole way: from the request and the template to the agent, and to the file that no longer fits. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { AgentStatus, InstanceSpec } from '@zlh/agent';
import type { Accepted } from '../support/client.ts';
import { folderOf } from '../support/leftovers.ts';
import { TestPlatform } from '../support/platform.ts';
import { offerShellGame, shellGame } from '../support/shell-game.ts';
import { plainHome } from '../support/warm-home.ts';

const MIB = 2 ** 20;

test('what an instance may use is decided once, reaches its agent and holds', async () => {
  const platform = await TestPlatform.make({
    from: await plainHome(),
    env: { ZLH_INSTANCES_LARGEST_LIMITS: '{"processes":300}' },
  });
  try {
    await offerShellGame(platform.home, { limits: { cpuPercent: 150, processes: 400 } });
    await platform.start();
    const client = await platform.admin();
    const { instance, operation } = await client.ask<Accepted>('POST', '/api/instances', {
      ...shellGame,
      name: 'Limited',
      diskMiB: 8,
    });
    const { state, error } = await client.untilOver(operation.id);
    assert.is(state, 'succeeded', JSON.stringify(error));
    const limits = { cpuPercent: 150, processes: 300, diskMiB: 8 };
    const { cpuPercent, processes, diskMiB } = await client.ask<typeof limits>(
      'GET',
      `/api/instances/${instance.id}`,
    );
    assert.equal({ cpuPercent, processes, diskMiB }, limits);

    const file = join(folderOf(platform.home, instance.id), 'state', 'spec.json');
    const spec = JSON.parse(await readFile(file, 'utf8')) as InstanceSpec;
    assert.equal(spec.limits, limits);
    assert.is(spec.memoryMiB, 64);

    const status = await client.ask<AgentStatus>('GET', `/api/instances/${instance.id}/status`);
    const byKernel = status.enforced!.filter((name) => name !== 'diskMiB');
    assert.ok(status.enforced!.includes('diskMiB'));
    assert.is(byKernel.includes('memoryMiB'), status.limits !== 'none');

    const put = (path: string, mebibytes: number) =>
      client.request(
        'PUT',
        `/api/instances/${instance.id}/files/content?path=${path}`,
        'x'.repeat(mebibytes * MIB),
        { 'content-type': 'application/octet-stream' },
      );
    assert.is((await put('fits.bin', 5)).status, 201);
    const refused = await put('too-much.bin', 5);
    assert.equal([refused.status, refused.body['code']], [413, 'FILES_QUOTA']);
    assert.is(refused.body['limit'], 8 * MIB);
    assert.is(await platform.stop(), 0);
  } finally {
    await platform.remove();
  }
});

test.run();
