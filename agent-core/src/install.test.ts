/** Installing through a real agent: artifacts from the platform, a game run from them, crashes on the way. */
import { randomUUID } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { InstanceSpec } from './contract/spec.ts';
import { readShimRecord } from './shim/start.ts';
import { tarOf } from './testing/archives.ts';
import {
  fakeServerFile,
  freePort,
  startFakePlatform,
  startTestAgent,
  testSpec,
} from './testing/index.ts';
import { sendRange } from './testing/fake-platform.ts';
import type { FakePlatform, TestAgent } from './testing/index.ts';

let platform: FakePlatform;
let agent: TestAgent;
let archive: Buffer;

test.before(async () => {
  archive = await tarOf([
    { name: 'server/server.js', content: readFileSync(fakeServerFile) },
    { name: 'package.json', content: '{"type":"module"}' },
    { name: 'ballast', content: Buffer.alloc(1_000_000, 'b') },
  ]);
});
test.before.each(async () => {
  platform = await startFakePlatform();
  agent = await startTestAgent();
});
test.after.each(async () => {
  await agent.end();
  await platform.close();
});

async function spec(change: Partial<InstanceSpec> = {}): Promise<InstanceSpec> {
  const artifact = {
    name: 'game',
    sha256: platform.offer(archive),
    size: archive.length,
    format: 'tar',
  } as const;
  return testSpec(await freePort(), {
    platformUrl: platform.url,
    artifacts: [artifact],
    launch: { command: process.execPath, args: ['{artifact:game}/server/server.js'], env: {} },
    ...change,
  });
}

test('a game runs from an artifact of the platform', async () => {
  const installed = await agent.perform(await spec());
  assert.is(installed.state, 'succeeded', JSON.stringify(installed.error));
  const started = await agent.perform('start');
  assert.is(started.state, 'succeeded', JSON.stringify(started.error));
});

test('what a game runs from counts as used, as long as it is what the game runs from', async () => {
  const uses = join(agent.home, 'artifacts', '.uses');
  const used = () =>
    readdirSync(uses).flatMap((owner) => {
      const { entries } = JSON.parse(readFileSync(join(uses, owner), 'utf8')) as Used;
      return entries.game;
    });
  const first = await spec();
  await agent.perform(first);
  await agent.perform('start');
  assert.equal(used(), [first.artifacts[0]!.sha256]);
  archive = Buffer.concat([archive, Buffer.alloc(512)]);
  const second = await spec();
  await agent.perform(second);
  assert.equal(used(), [first.artifacts[0]!.sha256, second.artifacts[0]!.sha256], 'it runs still');
  await agent.perform('restart');
  assert.equal(used(), [second.artifacts[0]!.sha256]);
  await agent.kill('SIGKILL');
  rmSync(uses, { recursive: true });
  await agent.start();
  assert.equal(used(), [second.artifacts[0]!.sha256]);
});

interface Used {
  readonly entries: { readonly game: readonly string[] };
}

test('an installation cut off by the death of the agent goes on to its end', async () => {
  const stalled = new Promise<void>((resolve) => {
    platform.onArtifact = (_request, response) => {
      response.writeHead(200, { 'content-length': archive.length });
      response.write(archive.subarray(0, 400_000), () => resolve());
      return true;
    };
  });
  const operationId = randomUUID();
  const accepted = await agent.call('POST', '/config', { operationId, spec: await spec() });
  assert.is(accepted.status, 202);
  await stalled;
  const { operation } = await platform.until(
    (status) => (status.operation?.phases[0]?.progress ?? 0) > 0.2,
  );
  assert.is(operation?.id, operationId);
  await agent.kill('SIGKILL');
  const ranges: string[] = [];
  platform.onArtifact = (request, response) => {
    ranges.push(request.headers.range ?? 'all');
    sendRange(request, response, archive);
    return true;
  };
  await agent.start();
  const ended = await agent.finished(operationId);
  assert.is(ended.state, 'succeeded', JSON.stringify(ended.error));
  assert.match(ranges[0]!, /^bytes=\d+-$/);
});

test('a cancelled installation ends at once and can be repeated', async () => {
  const stalled = new Promise<void>((resolve) => {
    platform.onArtifact = (_request, response) => {
      response.writeHead(200, { 'content-length': archive.length }).write('x', () => resolve());
      return true;
    };
  });
  const operationId = randomUUID();
  const wanted = await spec();
  await agent.call('POST', '/config', { operationId, spec: wanted });
  await stalled;
  await agent.call('POST', `/operations/${operationId}/cancel`, {});
  const cancelled = await agent.finished(operationId);
  assert.is(cancelled.state, 'cancelled');
  assert.equal(
    cancelled.phases.map(({ state }) => state),
    ['cancelled', 'skipped', 'skipped', 'skipped'],
  );
  assert.is((await agent.status()).state, 'provisioning');
  platform.onArtifact = () => false;
  assert.is((await agent.perform(wanted)).state, 'succeeded');
});

test('wrong bytes fail the installation with their code, and nothing counts as installed', async () => {
  platform.onArtifact = (_request, response) => {
    response.end(Buffer.alloc(archive.length, 'evil'));
    return true;
  };
  const installed = await agent.perform(await spec());
  assert.is(installed.state, 'failed');
  assert.is(installed.error?.code, 'AGENT_ARTIFACT_HASH');
  assert.equal(
    installed.phases.map(({ state }) => state),
    ['failed', 'skipped', 'skipped', 'skipped'],
  );
  assert.is((await agent.status()).provisioningComplete, false);
});

test('a damaged artifact is repaired by the next start', async () => {
  const wanted = await spec();
  await agent.perform(wanted);
  const file = join(
    agent.home,
    'artifacts',
    wanted.artifacts[0]!.sha256,
    'content/server/server.js',
  );
  chmodSync(file, 0o644);
  writeFileSync(file, 'broken');
  const started = await agent.perform('start');
  assert.is(started.state, 'succeeded', JSON.stringify(started.error));
});

test('reports follow the platform to a new address', async () => {
  await agent.perform(await spec());
  const moved = await startFakePlatform();
  assert.is((await agent.call('POST', '/platform', { platformUrl: moved.url })).status, 204);
  await agent.perform('start');
  await moved.until(({ ready }) => ready);
  await agent.kill('SIGKILL');
  await agent.start();
  const before = moved.reports.length;
  await agent.perform('stop');
  await moved.until(({ state }) => state === 'stopped');
  assert.ok(moved.reports.length > before);
  const sequences = moved.reports.map(({ sequence }) => sequence);
  assert.equal(
    sequences,
    sequences.toSorted((a, b) => a - b),
  );
  await moved.close();
});

if (process.getuid?.() === 0) {
  test('as root, the game runs as its own user, without groups, and owns its data', async () => {
    const user = { uid: 65_534, gid: 65_534 };
    const files = [
      ...(await spec()).files,
      { path: 'config/a.txt', content: 'a', mode: 'create' as const },
    ];
    const script =
      'grep -E "^(Uid|Groups|NoNewPrivs|CapEff)" /proc/self/status; echo x > mine && tty < /dev/tty && echo "done here"; exec cat';
    const launch = { command: 'sh', args: ['-c', script], env: {} };
    const probe = { ...(await spec()).probe, kind: 'log', options: { pattern: '^done here' } };
    const installed = await agent.perform(
      await spec({ user, files, launch, probe, artifacts: [] }),
    );
    assert.is(installed.state, 'succeeded', JSON.stringify(installed.error));
    const started = await agent.perform('start');
    assert.is(started.state, 'succeeded', JSON.stringify(started.error));
    assert.is(statSync(join(agent.home, 'data/config/a.txt')).uid, user.uid);
    assert.is(statSync(join(agent.home, 'data/mine')).uid, user.uid);
    const status = readFileSync(
      `/proc/${readShimRecord(join(agent.home, 'run'))!.child!.pid}/status`,
      'utf8',
    );
    assert.match(status, /^Uid:\t65534\t65534\t65534\t65534$/m);
    assert.match(status, /^Groups:\t *$/m);
    assert.match(status, /^NoNewPrivs:\t1$/m);
    assert.match(status, /^CapEff:\t0+$/m);
    assert.is((await agent.perform('stop')).state, 'succeeded');
  });
}

test.run();
