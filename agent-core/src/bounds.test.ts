/**
 * A stolen token is worth no other user: whoever asks, an agent keeps to what its provider has written, and a revision that
 * is out of reach does not keep the platform out.
 */
import { randomUUID } from 'node:crypto';
import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../test/runner/needs.ts';
import type { AgentProblem } from './contract/messages.ts';
import type { InstanceSpec } from './contract/spec.ts';
import { boundsFile } from './contract/bounds.ts';
import { bind, startFakePlatform, startTestAgent, testSpec } from './testing/index.ts';
import type { FakePlatform, TestAgent } from './testing/index.ts';

const root = await needs.root();
const user = { uid: 65_534, gid: 65_534 };
let platform: FakePlatform;
let agent: TestAgent;

test.before(async () => {
  platform = await startFakePlatform();
});
test.before.each(async () => {
  agent = await startTestAgent({ platformUrl: platform.url });
});
test.after.each(() => agent.end());
test.after(() => platform.close());

const spec = (change: Partial<InstanceSpec> = {}) =>
  testSpec(1, { platformUrl: platform.url, ...change });
const configure = (wanted: InstanceSpec, more = {}) =>
  agent.call<AgentProblem>('POST', '/config', {
    operationId: randomUUID(),
    spec: wanted,
    ...more,
  });

test('a spec that asks for more than the provider has set is refused, with every field', async () => {
  bind(agent.home, { user, memoryMiB: 512, limits: { processes: 100, diskMiB: 1000 } });
  const held = { user, memoryMiB: 512, limits: { processes: 100, diskMiB: 1 } };
  const bad: [Partial<InstanceSpec>, string[]][] = [
    [{ user: null }, ['/spec/user']],
    [{ user: { uid: 1, gid: 65_534 } }, ['/spec/user']],
    [{ user: { uid: 65_534, gid: 1 } }, ['/spec/user']],
    [{ instanceId: randomUUID() }, ['/spec/instanceId']],
    [{ memoryMiB: 513 }, ['/spec/memoryMiB']],
    [{ limits: { processes: 101 } }, ['/spec/limits/processes', '/spec/limits/diskMiB']],
  ];
  for (const [change, paths] of bad) {
    const { status, body } = await configure(spec({ ...held, ...change }));
    assert.equal([status, body.code], [403, 'AGENT_OUT_OF_BOUNDS'], JSON.stringify(change));
    assert.equal(
      body.errors?.map(({ path }) => path),
      paths,
    );
  }
  assert.is((await configure(spec(held))).status, 202);
});

when(root)('a game runs as the user of the bounds, whatever an installed spec says', async () => {
  const touch = { command: 'touch', args: ['{data}/mine'], env: {} };
  const probe = { ...spec().probe, kind: 'log', options: { pattern: 'never' } };
  assert.is((await agent.perform(spec({ user, launch: touch, probe }))).state, 'succeeded');
  const file = join(agent.home, 'state', 'spec.json');
  await agent.kill();
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), user: null }));
  await agent.start();
  await agent.perform('start');
  assert.is(statSync(join(agent.home, 'data', 'mine')).uid, user.uid);
});

test('without bounds, or with bounds that another user could write, an agent does not start', async () => {
  const file = join(agent.home, boundsFile);
  const faults: [RegExp, () => void][] = [
    [/another user/, () => chmodSync(file, 0o644)],
    [/memoryMiB/, () => bind(agent.home, { memoryMiB: -1 })],
    [/does not hold/, () => writeFileSync(file, '{"instanceId":')],
    [/ENOENT/, () => rmSync(file)],
  ];
  for (const [why, spoil] of faults) {
    await agent.kill();
    spoil();
    const refusal = await agent.start().catch((error: Error) => error.message);
    assert.match(String(refusal), why);
    rmSync(file, { force: true });
    bind(agent.home);
    await agent.start();
  }
});

test('a revision that the platform never gave out is replaced when it is named, and only then', async () => {
  const foreign = Number.MAX_SAFE_INTEGER;
  await agent.perform(spec({ revision: foreign }));
  const refused = await configure(spec({ revision: 7 }));
  assert.equal([refused.status, refused.body.code], [409, 'AGENT_REVISION_OLD']);
  assert.is((refused.body as unknown as { installed: number }).installed, foreign);
  assert.is((await configure(spec({ revision: 7 }), { supersedes: foreign - 1 })).status, 409);
  const operationId = randomUUID();
  const body = { operationId, spec: spec({ revision: 7 }), supersedes: foreign };
  assert.is((await agent.call('POST', '/config', body)).status, 202);
  assert.is((await agent.finished(operationId)).state, 'succeeded');
  assert.is((await agent.status()).revision, 7);
});

test.run();
