/**
 * The agent is killed in the middle of copying, packing, unpacking and deleting: what was begun is finished by the next
 * one, nothing half made is ever seen in the instance's folder, and nothing is left lying about.
 */
// time-limit: 300s
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { AgentOperation } from '@zlh/agent';
import { startTestAgent, type TestAgent } from '@zlh/agent/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { filesOf, type FilesClient } from '../testing/client.ts';

let agent: TestAgent;
let files: FilesClient;

test.before(async () => {
  process.umask(0o027); // the agent's own, so that folders have the modes that it gives them
  agent = await startTestAgent();
  files = filesOf(agent);
  const world = join(files.data, 'world');
  for (let folder = 0; folder < 30; folder++) {
    mkdirSync(join(world, `r${folder}`), { recursive: true });
    for (let file = 0; file < 40; file++) {
      const path = join(world, `r${folder}/f${file}`);
      writeFileSync(path, randomBytes(8_000));
      chmodSync(path, 0o644);
    }
  }
  symlinkSync('r0/f0', join(world, 'link'));
});
test.after(() => agent.end());

/** What is in a folder, as one text. */
function printOf(path: string): string {
  const hash = createHash('sha256');
  const visit = (folder: string) => {
    for (const name of readdirSync(join(path, folder)).sort()) {
      const below = join(folder, name);
      const full = join(path, below);
      const stat = lstatSync(full);
      hash.update(`${below} ${stat.mode}\n`);
      if (stat.isDirectory()) visit(below);
      else hash.update(stat.isSymbolicLink() ? readlinkSync(full) : readFileSync(full));
    }
  };
  visit('');
  return hash.digest('hex');
}

async function begin(action: string, input: object): Promise<string> {
  const operationId = randomUUID();
  const asked = await files.send('POST', `/files/${action}`, { operationId, input });
  assert.is(asked.status, 202, JSON.stringify(asked.body));
  return operationId;
}

async function succeed(id: string): Promise<void> {
  const { state, error } = await agent.finished(id);
  assert.is(state, 'succeeded', JSON.stringify(error));
  assert.equal(
    readdirSync(join(agent.home, 'state/files/work')),
    [],
    'nothing is left lying about',
  );
}

/** Kills the agent at several points of the time that the work takes when it is let alone. */
async function killed(work: (round: number) => Promise<string>, check: (round: number) => void) {
  const begun = performance.now();
  await succeed(await work(0));
  const whole = performance.now() - begun;
  check(0);
  for (const [at, share] of [0.05, 0.35, 0.65, 0.95].entries()) {
    const id = await work(at + 1);
    await delay(whole * share); // where exactly it is hit does not matter: it must go on from anywhere
    await agent.kill('SIGKILL');
    await agent.start();
    await succeed(id);
    check(at + 1);
  }
}

test('a copy is whole, wherever the agent is killed', async () => {
  const wanted = printOf(join(files.data, 'world'));
  await killed(
    (round) => begin('copy', { from: 'world', to: `copy-${round}` }),
    (round) => {
      assert.is(printOf(join(files.data, `copy-${round}`)), wanted);
      rmSync(join(files.data, `copy-${round}`), { recursive: true });
    },
  );
});

test('an archive is packed and unpacked whole, wherever the agent is killed', async () => {
  const wanted = printOf(join(files.data, 'world'));
  await succeed(await begin('archive', { path: 'world', to: 'world.tar.gz' }));
  await killed(
    (round) => begin('extract', { path: 'world.tar.gz', to: `out-${round}` }),
    (round) => {
      // Permissions of files are made plain by unpacking; these were already.
      assert.is(printOf(join(files.data, `out-${round}`)), wanted);
      rmSync(join(files.data, `out-${round}`), { recursive: true });
    },
  );
  await killed(
    (round) => begin('archive', { path: 'world', to: `packed-${round}.zip` }),
    () => undefined,
  );
  await succeed(await begin('extract', { path: 'packed-4.zip', to: 'again' }));
  assert.is(printOf(join(files.data, 'again')), wanted);
});

test('moving many entries into a folder that is there goes on after a kill', async () => {
  const entries = 1500;
  mkdirSync(join(files.data, 'flat'));
  for (let at = 0; at < entries; at++) {
    const path = join(files.data, 'flat', `f${at}`);
    writeFileSync(path, String(at));
    chmodSync(path, 0o644); // the mode that unpacking gives
  }
  await succeed(await begin('archive', { path: 'flat', to: 'flat.tar' }));
  mkdirSync(join(files.data, 'into'));
  const id = await begin('extract', { path: 'flat.tar', to: 'into' });
  for (;;) {
    const { body } = await agent.call<{ operation: AgentOperation }>('GET', `/operations/${id}`);
    const placing = body.operation.phases.find(({ name }) => name === 'place');
    if (placing?.state !== 'pending') break;
  }
  await agent.kill('SIGKILL');
  await agent.start();
  await succeed(id);
  assert.is(printOf(join(files.data, 'into')), printOf(join(files.data, 'flat')));
});

/** As if the agent had been killed after the phase's work, before it wrote that down. */
async function forgetPhase(id: string, name: string): Promise<void> {
  await agent.kill('SIGKILL');
  const path = join(agent.home, 'state/operations.json');
  const journal = JSON.parse(readFileSync(path, 'utf8')) as {
    operation: Record<string, unknown> & { id: string; phases: { name: string; state: string }[] };
    input: unknown;
  }[];
  for (const entry of journal) {
    const { operation } = entry;
    if (operation.id !== id) continue;
    Object.assign(operation, { state: 'running', finishedAt: null });
    for (const phase of operation.phases) if (phase.name === name) phase.state = 'running';
    entry.input = { operationId: id, from: 'world', to: 'moved', named: 'world' };
  }
  writeFileSync(path, JSON.stringify(journal));
  await agent.start();
}

test('what was moved already is not moved again, and no error', async () => {
  const id = await begin('copy', { from: 'world', to: 'moved' });
  await succeed(id);
  await forgetPhase(id, 'place');
  await succeed(id);
  assert.is(printOf(join(files.data, 'moved')), printOf(join(files.data, 'world')));
});

test('cancelled work leaves nothing', async () => {
  const id = await begin('copy', { from: 'world', to: 'never' });
  await agent.call('POST', `/operations/${id}/cancel`, {});
  const { state } = await agent.finished(id);
  if (state === 'cancelled') assert.is(existsSync(join(files.data, 'never')), false);
  assert.equal(readdirSync(join(agent.home, 'state/files/work')), []);
});

test('what was deleted is taken apart by the next agent, however deep it is', async () => {
  const trash = join(agent.home, 'state/files/trash');
  // Deeper than any path may be long: built from the inside.
  const top = join(files.data, 'deep');
  mkdirSync(top);
  for (let level = 0; level < 300; level++) {
    mkdirSync(join(files.data, 'next'));
    renameSync(top, join(files.data, 'next', 'a-rather-long-name-of-a-folder'));
    renameSync(join(files.data, 'next'), top);
  }
  assert.is(await files.outcome('DELETE', '/files/content?path=deep'), '204');
  assert.is(await files.outcome('DELETE', '/files/content?path=world'), '204');
  assert.is(existsSync(join(files.data, 'world')), false);
  await agent.kill('SIGKILL');
  await agent.start();
  while (readdirSync(trash).length > 0) await delay(20);
});

test.run();
