/**
 * All plugins of the platform's configuration in one kernel, on a real database: their migrations together make what
 * their entities together describe, and none of them stands in another's way.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Entities } from '@zlh/database';
import { schemaDifference } from '@zlh/database/testing';
import type { Configuration, Plugin } from '@zlh/kernel';
import { startTestKernel } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { repository } from '../support/platform.ts';

test('the migrations of all plugins make the schema that all entities describe', async () => {
  const { default: configuration } = (await import(join(repository, 'config/platform.ts'))) as {
    default: Configuration;
  };
  const names = Object.keys(configuration.plugins);
  const plugins = await Promise.all(
    names.map(async (name) => (await import(`${name}/platform`)) as { default: Plugin }),
  );
  const machineFolder = mkdtempSync(join(tmpdir(), 'zlh-machine-'));
  const kernel = await startTestKernel({
    plugins: plugins.map((each) => each.default),
    config: {
      http: { port: 0 },
      catalog: { refreshHours: 0 },
      'provider-local': { machineFolder },
    },
    logLevel: 'silent',
  });
  try {
    assert.is(await schemaDifference(kernel), '');
    const added = new Set(kernel.points(Entities).map(({ plugin }) => plugin));
    for (const id of ['accounts', 'agents', 'catalog', 'database', 'instances', 'provider-local'])
      assert.ok(added.has(id), `${id} has entities`);
  } finally {
    await kernel.stop();
    rmSync(machineFolder, { recursive: true });
  }
});

test.run();
