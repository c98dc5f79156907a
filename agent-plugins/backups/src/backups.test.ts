/**
 * A real agent backs up and restores a server that runs. In every failure the server saves again, and
 * its files are those before or those of the backup.
 */
// time-limit: 300s
import { randomBytes, randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { AgentOperation, AgentProblem } from '@zlh/agent';
import {
  fakeServerFile,
  freePort,
  startFakePlatform,
  startTestAgent,
  tarOf,
  testSpec,
  type FakePlatform,
  type TestAgent,
} from '@zlh/agent/testing';
import { scaled } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { BackupRules } from './index.ts';
import { FakeStorage } from './test/fake-storage.ts';

let platform: FakePlatform;
let storage: FakeStorage;
let agent: TestAgent;

/** The fake server, with every line that it is sent in a file. */
const program = `
  import { appendFileSync, existsSync } from 'node:fs';
  if (existsSync('broken')) process.exit(1);
  process.stdin.on('data', (line) => appendFileSync('commands.log', line));
  await import(${JSON.stringify(fakeServerFile)});`;
const rules: BackupRules = {
  include: ['.'],
  exclude: ['commands.log', 'server.properties', 'saved.txt', 'cache'],
  save: {
    off: 'save-off',
    flush: 'save-all flush',
    on: 'save-on',
    confirmation: '\\]: Saved the game',
    timeoutMs: scaled(10_000),
  },
};
const content = { level: randomBytes(3_000_000), player: randomBytes(2000) };
const inData = (path: string) => join(agent.home, 'data', path);

test.before.each(async () => {
  platform = await startFakePlatform();
  storage = new FakeStorage(platform);
  agent = await startTestAgent({ platformUrl: platform.url });
  const args = ['--input-type=module', '-e', program];
  const launch = { command: process.execPath, args, env: { FAKE_READY_MS: '200' } };
  const spec = testSpec(await freePort(), { platformUrl: platform.url, launch });
  assert.is((await agent.perform(spec)).state, 'succeeded');
  assert.is((await agent.perform('start')).state, 'succeeded');
  mkdirSync(inData('world/players'), { recursive: true });
  writeFileSync(inData('world/level.dat'), content.level);
  writeFileSync(inData('world/players/ada'), content.player);
  symlinkSync('level.dat', inData('world/current'));
  mkdirSync(inData('cache'));
  writeFileSync(inData('cache/big'), 'may be made again');
});
test.after.each(async () => {
  await agent.end();
  await platform.close();
});

const commands = () =>
  existsSync(inData('commands.log'))
    ? readFileSync(inData('commands.log'), 'utf8').trim().split('\n')
    : [];
const saves = () => commands().filter((line) => line.startsWith('save'));
const leftInWork = () => readdirSync(join(agent.home, 'state/backups/work'));
const codeOf = ({ error }: AgentOperation) => error?.code;

async function begin(what: 'backups' | 'backups/restore', backupId: string, own = rules) {
  const operationId = randomUUID();
  const body = { operationId, input: { backupId, rules: own } };
  const answer = await agent.call<AgentProblem>('POST', `/game/${what}`, body);
  return { operationId, answer };
}
async function perform(what: 'backups' | 'backups/restore', backupId: string, own = rules) {
  const { operationId, answer } = await begin(what, backupId, own);
  assert.is(answer.status, 202, JSON.stringify(answer.body));
  return agent.finished(operationId);
}
function change(): void {
  writeFileSync(inData('world/level.dat'), 'griefed');
  rmSync(inData('world/players'), { recursive: true });
  writeFileSync(inData('new.txt'), 'not in the backup');
}
function assertBackedUp(): void {
  assert.ok(readFileSync(inData('world/level.dat')).equals(content.level));
  assert.ok(readFileSync(inData('world/current')).equals(content.level), 'through the link');
  assert.ok(readFileSync(inData('world/players/ada')).equals(content.player));
  assert.not(existsSync(inData('new.txt')));
  assert.is(readFileSync(inData('cache/big'), 'utf8'), 'may be made again');
}
function assertChanged(): void {
  assert.is(readFileSync(inData('world/level.dat'), 'utf8'), 'griefed');
  assert.not(existsSync(inData('world/players')));
  assert.is(readFileSync(inData('new.txt'), 'utf8'), 'not in the backup');
}
const isUp = async () => {
  const { state, ready, maintenance } = await agent.status();
  return state === 'running' && ready && maintenance === null;
};
const inPhase = (name: string) =>
  platform.until(
    ({ operation }) => operation?.phases.find((phase) => phase.name === name)?.state === 'running',
  );

test('a server runs through its backup, and a restore brings the old bytes back', async () => {
  const id = randomUUID();
  const { pid } = (await agent.status()) as unknown as { pid?: number };
  assert.is((await perform('backups', id)).state, 'succeeded');
  assert.equal(saves(), ['save-off', 'save-all flush', 'save-on']);
  const { complete } = storage.backups.get(id)!;
  assert.is(complete?.files, 2);
  assert.is(complete?.bytes, content.level.length + content.player.length);
  assert.ok(await isUp());
  assert.is(((await agent.status()) as unknown as { pid?: number }).pid, pid);
  change();
  assert.is((await perform('backups/restore', id)).state, 'succeeded');
  assertBackedUp();
  assert.ok(await isUp());
  assert.equal(leftInWork(), []);
});

test('a stopped server is backed up and restored without being started', async () => {
  await agent.perform('stop');
  const id = randomUUID();
  assert.is((await perform('backups', id)).state, 'succeeded');
  change();
  assert.is((await perform('backups/restore', id)).state, 'succeeded');
  assertBackedUp();
  assert.is((await agent.status()).state, 'stopped');
});

test('a program that cannot save is stopped for its backup and started again', async () => {
  const id = randomUUID();
  assert.is((await perform('backups', id, { ...rules, save: null })).state, 'succeeded');
  assert.equal(commands(), ['stop']);
  assert.ok(storage.backups.get(id)!.complete!.quiescedMs > 0);
  assert.ok(await isUp());
});

test('a server saves again after a flush without confirmation, and after a cancellation', async () => {
  const deaf = { ...rules, save: { ...rules.save!, confirmation: 'never', timeoutMs: 300 } };
  assert.is(codeOf(await perform('backups', randomUUID(), deaf)), 'AGENT_ACTION_UNCONFIRMED');
  assert.is(saves().at(-1), 'save-on');
  const patient = { ...deaf, save: { ...deaf.save, timeoutMs: 600_000 } };
  const { operationId } = await begin('backups', randomUUID(), patient);
  await inPhase('snapshot');
  await agent.call('POST', `/operations/${operationId}/cancel`, {});
  assert.is((await agent.finished(operationId)).state, 'cancelled');
  assert.is(saves().at(-1), 'save-on');
  assert.equal(leftInWork(), []);
});

test('an agent that is killed while saving is off switches it on again and ends the backup', async () => {
  const deaf = { ...rules, save: { ...rules.save!, confirmation: 'never', timeoutMs: 2000 } };
  const { operationId } = await begin('backups', randomUUID(), deaf);
  await inPhase('snapshot');
  while (!existsSync(join(agent.home, 'state/backups/saving-off.json')))
    await new Promise((resolve) => setImmediate(resolve));
  await agent.kill('SIGKILL');
  await agent.start();
  await agent.finished(operationId);
  assert.is(saves().at(-1), 'save-on');
  assert.not(existsSync(join(agent.home, 'state/backups/saving-off.json')));
});

test('an agent that is killed over the upload sends the whole backup again', async () => {
  const gate = Promise.withResolvers<void>();
  storage.gate = gate.promise;
  const id = randomUUID();
  const asked = storage.asked('PUT');
  const { operationId } = await begin('backups', id);
  await asked;
  await agent.kill('SIGKILL');
  storage.gate = undefined;
  await agent.start();
  assert.is((await agent.finished(operationId)).state, 'succeeded');
  gate.resolve();
  change();
  assert.is((await perform('backups/restore', id)).state, 'succeeded');
  assertBackedUp();
});

const finishedAfterKillIn = (phase: string) => async () => {
  const id = randomUUID();
  await perform('backups', id);
  change();
  const { operationId } = await begin('backups/restore', id);
  await inPhase(phase);
  await agent.kill('SIGKILL');
  await agent.start();
  assert.is((await agent.finished(operationId)).state, 'succeeded');
  assertBackedUp();
  assert.ok(await isUp());
  assert.equal(leftInWork(), []);
};
for (const phase of ['unpack', 'swap', 'start'])
  test(
    `an agent that is killed in the phase "${phase}" of a restore finishes it`,
    finishedAfterKillIn(phase),
  );

test('a flipped byte is refused before anything of the instance is touched', async () => {
  const id = randomUUID();
  await perform('backups', id);
  change();
  storage.tamper = (part) => {
    const changed = Buffer.from(part);
    changed[Math.floor(changed.length / 2)]! ^= 1;
    return changed;
  };
  assert.is(codeOf(await perform('backups/restore', id)), 'BACKUPS_DAMAGED');
  assertChanged();
  assert.ok(await isUp());
  assert.not.ok(commands().includes('stop'), 'the server was never stopped');
});

test('hostile and incomplete archives are refused, and make nothing outside', async () => {
  change();
  const file = (name: string, text = 'x') => ({ name, content: text });
  const archives = {
    'a way out': [file('data/../../../../evil')],
    'an absolute path': [file('/evil')],
    'a link out': [{ name: 'data/link', type: 'symlink' as const, linkname: '../../../evil' }],
    'a device': [{ name: 'data/null', type: 'character-device' as const }],
    'no manifest': [file('data/world')],
    'another file than the manifest': [file('data/world'), file('manifest.jsonl', '')],
  };
  for (const [what, entries] of Object.entries(archives)) {
    const id = randomUUID();
    storage.offer(id, await tarOf(entries));
    const { state } = await perform('backups/restore', id);
    assert.is(state, 'failed', what);
    assertChanged();
    assert.not.ok(commands().includes('stop'), what);
  }
  assert.not(existsSync(join(agent.home, '..', 'evil')));
  assert.equal(leftInWork(), []);
});

test('a server that does not start from the backup gets its files back, and runs', async () => {
  const id = randomUUID();
  await agent.perform('stop');
  writeFileSync(inData('broken'), '');
  await perform('backups', id);
  rmSync(inData('broken'));
  await agent.perform('start');
  change();
  const restored = await perform('backups/restore', id);
  assert.is(restored.state, 'failed', JSON.stringify(restored.error));
  assertChanged();
  assert.not(existsSync(inData('broken')));
  assert.ok(await isUp());
});

test('a platform that refuses for good ends the backup with its code', async () => {
  storage.refusal = { status: 507, code: 'storage.full' };
  assert.is(codeOf(await perform('backups', randomUUID())), 'storage.full');
  assert.is(saves().at(-1), 'save-on');
  assert.equal(leftInWork(), []);
});

test('a second restore is refused while the first is under way', async () => {
  const id = randomUUID();
  await perform('backups', id);
  const gate = Promise.withResolvers<void>();
  storage.gate = gate.promise;
  const first = await begin('backups/restore', id);
  const second = await begin('backups/restore', id);
  assert.is(second.answer.status, 409);
  gate.resolve();
  assert.is((await agent.finished(first.operationId)).state, 'succeeded');
});

test.run();
