/** Install steps through a real agent: run once, recorded, ended with the agent that ran them, told when they fail. */
import { randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { scaled } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import type { AgentProblem } from '../contract/messages.ts';
import type { InstallStep } from '../contract/install-step.ts';
import type { InstanceSpec } from '../contract/spec.ts';
import { ControlGroups } from '../process/groups/control-groups.ts';
import { kernelGroupFiles } from '../process/groups/group-files.ts';
import { findOwnGroups } from '../process/groups/own-groups.ts';
import { findRunOf } from '../testing/marked-run.ts';
import { tarOf } from '../testing/archives.ts';
import { freePort, startFakePlatform, startTestAgent, testSpec } from '../testing/index.ts';
import type { FakePlatform, TestAgent } from '../testing/index.ts';

const read = (path: string) => readFileSync(path, 'utf8');
const hasGroups = await needs('control groups', () => {
  const own = findOwnGroups(read('/proc/self/cgroup'), read('/proc/self/mountinfo'));
  const { obstacle } = new ControlGroups(kernelGroupFiles, own, 'test');
  if (obstacle !== null) throw new Error(obstacle.replace(/\.$/, ''));
  return true;
});

let platform: FakePlatform;
let agent: TestAgent;
let port: number;
let revision = 0;
let archive: Buffer;

test.before(async () => {
  archive = await tarOf([{ name: 'installer.mjs', content: installer }]);
});

test.before.each(async () => {
  platform = await startFakePlatform();
  agent = await startTestAgent();
  port = await freePort();
});
test.after.each(async () => {
  await agent.end();
  await platform.close();
});

/** Stands in for a publisher's installer: says something, notes its run, makes what it is told. */
const installer = `
  import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
  console.log('Installing into ' + process.cwd() + ' as ' + process.getuid());
  appendFileSync('runs.txt', process.argv.slice(2).join(' ') + '\\n');
  appendFileSync('environment.txt', Object.keys(process.env).sort().join(' ') + '\\n');
  writeFileSync('groups.txt', readFileSync('/proc/self/cgroup'));
  if (process.argv[2] === 'eat') for (const eaten = [];;) eaten.push(Buffer.alloc(2 ** 20, 1));
  if (process.argv[2] === 'fail') { console.error('No such version'); process.exit(3); }
  if (process.argv[2] === 'hang') setInterval(() => {}, 1000);
  else if (process.argv[2] !== 'nothing') writeFileSync('run.sh', 'echo hello');
`;

async function specOf(
  args: readonly string[],
  change: Partial<InstallStep> = {},
): Promise<InstanceSpec> {
  const step: InstallStep = {
    name: 'installer',
    command: process.execPath,
    args: ['{artifact:installer}/installer.mjs', ...args],
    makes: ['run.sh'],
    timeoutMs: scaled(60_000),
    ...change,
  };
  return testSpec(port, {
    platformUrl: platform.url,
    revision: ++revision,
    artifacts: [
      { name: 'installer', sha256: platform.offer(archive), size: archive.length, format: 'tar' },
    ],
    install: [step],
  });
}

const data = (name: string) => join(agent.home, 'data', name);
const runs = () => readFileSync(data('runs.txt'), 'utf8').trim().split('\n');

test('a step runs once, and again only when it or what it made has changed', async () => {
  const installed = await agent.perform(await specOf(['1']));
  assert.is(installed.state, 'succeeded', JSON.stringify(installed.error));
  assert.equal(
    installed.phases.map(({ name }) => name),
    ['download', 'unpack', 'write', 'run'],
  );
  await agent.perform(await specOf(['1']));
  assert.equal(runs(), ['1'], 'the same step is not run again');
  await agent.perform(await specOf(['2']));
  rmSync(data('run.sh'));
  await agent.perform(await specOf(['2']));
  assert.equal(runs(), ['1', '2', '2']);
});

test('it sees nothing of the environment of the agent', async () => {
  await agent.perform(await specOf(['1'], { env: { OWN: 'yes' } }));
  const names = readFileSync(data('environment.txt'), 'utf8').trim().split(' ');
  // The shell that enters its control group says where it is.
  assert.equal(
    names.filter((name) => name !== 'PWD'),
    ['HOME', 'LANG', 'OWN', 'PATH', 'TERM', 'ZLH_RUN'],
  );
});

test('a step that fails is told with its last words, and is run again by the next try', async () => {
  const failed = await agent.perform(await specOf(['fail']));
  assert.is(failed.state, 'failed');
  assert.is(failed.error?.code, 'AGENT_STEP_FAILED');
  assert.match(failed.error?.detail ?? '', /ended with exit code 3\.( |$)/);
  assert.not.match(failed.error?.detail ?? '', 'No such version', 'its output is for the console');
  assert.is((await agent.status()).provisioningComplete, false);
  const empty = await agent.perform(await specOf(['nothing']));
  assert.is(empty.error?.code, 'AGENT_STEP_INCOMPLETE');
  assert.is((await agent.perform(await specOf(['1']))).state, 'succeeded');
});

test('a step that takes too long, or is cancelled, is ended with everything it started', async () => {
  const slow = await agent.perform(await specOf(['hang'], { timeoutMs: 1_000 }));
  assert.is(slow.error?.code, 'AGENT_STEP_TIMEOUT');
  const operationId = randomUUID();
  const spec = await specOf(['hang', 'again']);
  await agent.call('POST', '/config', { operationId, spec });
  const id = await stepUnderWay();
  await agent.call('POST', `/operations/${operationId}/cancel`, {});
  assert.is((await agent.finished(operationId)).state, 'cancelled');
  assert.equal(findRunOf(id, null), []);
});

/** The id that marks its processes, once there are some that have begun. */
async function stepUnderWay(): Promise<string> {
  for (;;) {
    const memory = join(agent.home, 'state', 'install-steps.json');
    const text = existsSync(memory) ? readFileSync(memory, 'utf8') : '{}';
    const { running } = JSON.parse(text) as { running?: string | null };
    const begun =
      existsSync(data('runs.txt')) && /again/.test(readFileSync(data('runs.txt'), 'utf8'));
    if (typeof running === 'string' && begun && findRunOf(running, null).length > 0) return running;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('a step of an agent that was killed is ended by the next one and run anew', async () => {
  const operationId = randomUUID();
  await agent.call('POST', '/config', { operationId, spec: await specOf(['hang', 'again']) });
  const id = await stepUnderWay();
  await agent.kill('SIGKILL');
  assert.is(findRunOf(id, null).length, 1, 'it outlives its agent');
  appendFileSync(data('runs.txt'), '-- killed\n');
  await agent.start();
  while (runs().at(-1) === '-- killed') await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(findRunOf(id, null), []);
  assert.equal(runs(), ['hang again', '-- killed', 'hang again']);
  await agent.call('POST', `/operations/${operationId}/cancel`, {});
  assert.is((await agent.finished(operationId)).state, 'cancelled');
});

/** Where the last step ran, as folders of this machine. */
function groupOfStep(): string {
  const found = findOwnGroups(read(data('groups.txt')), read('/proc/self/mountinfo'));
  return found.controllers.get('memory') ?? found.unified!;
}

when(hasGroups)('a step has the limits of its instance, in a group that ends with it', async () => {
  const spec = await specOf(['1']);
  assert.is((await agent.perform(spec)).state, 'succeeded');
  assert.match(groupOfStep(), /\/zlh-[0-9a-f]{16}-[0-9a-f-]{36}$/);
  assert.not.ok(existsSync(groupOfStep()));
  const failed = await agent.perform({ ...(await specOf(['eat'])), memoryMiB: 128 });
  assert.equal(
    [failed.error?.code, failed.error?.detail],
    [
      'AGENT_STEP_MEMORY',
      'The install step "installer" was ended because memory ran out; it may have 128 MiB. Give the server more memory, then retry.',
    ],
  );
  assert.not.ok(existsSync(groupOfStep()));
});

when(hasGroups)(
  'the group of a step whose agent was killed is gone with the next one',
  async () => {
    const operationId = randomUUID();
    await agent.call('POST', '/config', { operationId, spec: await specOf(['hang', 'again']) });
    await stepUnderWay();
    const group = groupOfStep();
    await agent.kill('SIGKILL');
    assert.ok(existsSync(group));
    await agent.start();
    assert.not.ok(existsSync(group));
    await agent.call('POST', `/operations/${operationId}/cancel`, {});
    assert.is((await agent.finished(operationId)).state, 'cancelled');
  },
);

test('secrets stand in files alone, which are closed then', async () => {
  const spec = await specOf(['1']);
  const files: InstanceSpec['files'] = [
    {
      path: 'server.cfg',
      content: 'password {secret:econ}\nagain {secret:econ}\n',
      mode: 'overwrite',
    },
  ];
  await agent.perform({ ...spec, files });
  const config = readFileSync(data('server.cfg'), 'utf8');
  const [, password] = /^password ([0-9a-f]{30})\nagain \1\n$/.exec(config) ?? [];
  assert.ok(password, config);
  assert.is(statSync(data('server.cfg')).mode & 0o777, 0o600);
  const again = await specOf(['1']);
  await agent.perform({ ...again, files });
  assert.is(readFileSync(data('server.cfg'), 'utf8'), config, 'it stays the same');
  const launch = { ...spec.launch, args: ['{secret:econ}', '{host:game}', '{host:nobody}'] };
  const { status, body } = await agent.call<AgentProblem>('POST', '/config', {
    operationId: randomUUID(),
    spec: { ...(await specOf(['{secret:econ}'])), launch },
  });
  assert.is(status, 422);
  assert.equal(
    body.errors?.map(({ path }) => path),
    ['/spec/launch/args/0', '/spec/launch/args/2', '/spec/install/0/args/1'],
  );
  assert.not.match(agent.output, password);
});

test.run();
