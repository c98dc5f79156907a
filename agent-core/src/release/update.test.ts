/** Promises of an update: the game never notices, and whatever a release is worth, there is an agent afterwards. */
// time-limit: 300s
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { scaled } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { agentProtocol, type AgentRelease } from '../contract/messages.ts';
import type { AgentOperation } from '../contract/operation.ts';
import { statProcess } from '@zlh/kernel/process-id';
import { readShimRecord } from '../shim/start.ts';
import { ReleaseFolder } from './release-folder.ts';
import { freePort, startFakePlatform, startTestAgent, testSpec } from '../testing/index.ts';
import type { FakePlatform, TestAgent } from '../testing/index.ts';
import { tarOf } from '../testing/archives.ts';

const kernel = dirname(createRequire(import.meta.url).resolve('@zlh/kernel/package.json'));
const realMain = pathToFileURL(join(kernel, 'src/cli/main.ts')).href;
const config = join(kernel, '../config/agent.ts');

let platform: FakePlatform;
let agent: TestAgent;

test.before(async () => {
  platform = await startFakePlatform();
});
test.before.each(async () => {
  const env = { ZLH_AGENT_UPDATE_WITHIN_MS: String(scaled(8_000)) };
  agent = await startTestAgent({ platformUrl: platform.url, env });
});
test.after.each(() => agent.end());
test.after(() => platform.close());

/** A release whose program is this. */
async function release(
  main: string,
  manifest: object = { version: '9.9.9', node: 24, protocol: agentProtocol },
) {
  const files = {
    'release.json': JSON.stringify(manifest),
    'node_modules/@zlh/kernel/package.json': '{"type":"module"}',
    'node_modules/@zlh/kernel/dist/cli/main.js': main,
  };
  const entries = Object.entries(files).map(([name, content]) => ({ name, content }));
  const bytes = gzipSync(await tarOf(entries));
  return { sha256: platform.offer(bytes), size: bytes.length };
}
/** This very agent, as if it had come in an archive. */
const good = (mark = '') =>
  release(`
    import { main as real } from '${realMain}'; // ${mark}
    export const main = (words) => real([...words.toSpliced(-1), '${config}']);
  `);

async function update(wanted: AgentRelease): Promise<string> {
  const operationId = randomUUID();
  const answer = await agent.call('POST', '/update', { operationId, release: wanted });
  assert.is(answer.status, 202, JSON.stringify(answer.body));
  return operationId;
}

const reportAfter = (seen: number) => platform.until(() => platform.reports.length > seen, 60_000);

/** Whatever program answers there by then. */
async function over(id: string): Promise<AgentOperation> {
  for (;;) {
    const seen = platform.reports.length;
    try {
      return await agent.finished(id);
    } catch {
      // It is just becoming another one, which reports when it is there.
      await reportAfter(seen);
    }
  }
}

/** Everything that must be as if there had been no update. */
async function world() {
  const { state, ready } = await agent.status();
  const game = readShimRecord(join(agent.home, 'run'));
  return { pid: agent.pid, alive: statProcess(agent.pid) !== undefined, state, ready, game };
}
const leftBehind = () => readdirSync(join(agent.home, 'release')).sort();

async function running(): Promise<void> {
  const port = await freePort();
  await agent.perform(testSpec(port, { platformUrl: platform.url }));
  assert.is((await agent.perform('start')).state, 'succeeded');
}

test('the agent becomes the release, in the same process, and its game goes on', async () => {
  await running();
  const before = await world();
  const wanted = await good();
  const { state, error, phases } = await over(await update(wanted));
  assert.is(state, 'succeeded', JSON.stringify(error));
  assert.equal(
    phases.map(({ name, state: each }) => `${name} ${each}`),
    ['download', 'unpack', 'switch', 'prove'].map((name) => `${name} succeeded`),
  );
  assert.equal(await world(), before);
  assert.is((await agent.status()).release, wanted.sha256);
  assert.equal(leftBehind(), ['current', 'launch.js']);
  const again = await over(await update(wanted));
  assert.is(again.state, 'succeeded', 'the same once more is done at once');
});

const broken = {
  'that cannot be read': 'this is no program',
  'that throws': `export const main = () => { throw new Error('no') }`,
  'that ends at once': `export const main = () => process.exit(3)`,
};
async function isTakenBackAtOnce(program: string): Promise<void> {
  await running();
  const first = await good();
  await over(await update(first));
  const before = await world();
  const { state, error } = await over(await update(await release(program)));
  assert.equal([state, error?.code], ['failed', 'AGENT_UPDATE_TAKEN_BACK']);
  assert.equal(await world(), before);
  assert.is((await agent.status()).release, first.sha256);
  assert.equal(leftBehind(), ['current', 'launch.js']);
}
for (const [which, program] of Object.entries(broken))
  test(`a release ${which} is taken back, and the operation says why`, () =>
    isTakenBackAtOnce(program));

test('the first release of all is taken back to the files of the platform', async () => {
  await running();
  const before = await world();
  const { error } = await over(await update(await release(broken['that ends at once'])));
  assert.is(error?.code, 'AGENT_UPDATE_TAKEN_BACK');
  assert.equal(await world(), before);
  assert.is((await agent.status()).release, null);
});

const silent = {
  hangs: `export const main = () => { for (;;); }`,
  'says nothing': `export const main = () => new Promise(() => setInterval(() => {}, 1e6))`,
};
async function isTakenBackAtItsDeadline(program: string): Promise<void> {
  await running();
  const first = await good();
  await over(await update(first));
  const id = await update(await release(program));
  await agent.exited();
  await agent.start();
  const { state, error } = await over(id);
  assert.equal([state, error?.code], ['failed', 'AGENT_UPDATE_TAKEN_BACK']);
  assert.is((await agent.status()).ready, true);
  assert.is((await agent.status()).release, first.sha256);
}
for (const [how, program] of Object.entries(silent))
  test(`a release that ${how} is ended at its deadline, and taken back by whoever starts the agent next`, () =>
    isTakenBackAtItsDeadline(program));

test('an update cut off before its link was made leaves the agent as it was, and goes on', async () => {
  await running();
  const folder = new ReleaseFolder(agent.home);
  mkdirSync(folder.path, { recursive: true });
  writeFileSync(folder.launcher, 'throw new Error("nothing to start yet")');
  await agent.kill();
  await agent.start();
  const wanted = await good();
  assert.is((await over(await update(wanted))).state, 'succeeded');
  assert.is((await agent.status()).release, wanted.sha256);
});

test('an artifact that is no release, or needs a newer Node, changes nothing', async () => {
  await running();
  const older = await release('', { version: '9.9.9', node: 99 });
  const { error } = await over(await update(older));
  assert.is(error?.code, 'AGENT_UPDATE_OLD_NODE');
  const bytes = gzipSync(await tarOf([{ name: 'readme', content: 'hello' }]));
  const nothing = { sha256: platform.offer(bytes), size: bytes.length };
  assert.is((await over(await update(nothing))).error?.code, 'AGENT_UPDATE_NO_RELEASE');
  assert.is((await agent.status()).release, null);
});

test('killed at any moment of an update, the agent that comes back ends it', async () => {
  await running();
  const first = await good();
  await over(await update(first));
  for (const [index, pauseMs] of [0, 20, 80, 200, 400, 700].entries()) {
    const wanted = await good(`kill ${index}`);
    const id = await update(wanted);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    await agent.kill();
    await agent.start();
    const { state, error } = await over(id);
    const { release: now, ready } = await agent.status();
    assert.ok(ready);
    if (state === 'succeeded') assert.is(now, wanted.sha256);
    else assert.equal([error?.code, now === wanted.sha256], ['AGENT_UPDATE_TAKEN_BACK', false]);
  }
});

test.run();
