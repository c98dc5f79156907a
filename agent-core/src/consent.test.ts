/** A real agent puts its files back before each start, and starts nothing without the customer's consent. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { on } from 'node:events';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { socketUrlOf } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import type { AgentProblem } from './contract/messages.ts';
import type { InstanceSpec } from './contract/spec.ts';
import { freePort, startFakePlatform, startTestAgent, testSpec } from './testing/index.ts';
import type { FakePlatform, TestAgent } from './testing/index.ts';

let agent: TestAgent;
let platform: FakePlatform;
let port: number;
let spec: InstanceSpec;

const consent = {
  path: 'eula.txt',
  key: 'eula',
  value: 'true',
  terms: 'https://example.com/terms',
};

test.before.each(async () => {
  platform = await startFakePlatform();
  agent = await startTestAgent({ platformUrl: platform.url });
  port = await freePort();
  spec = testSpec(port, {
    platformUrl: platform.url,
    files: [
      {
        path: 'server.properties',
        content: 'server-port={port:game}\nquery=off\n',
        mode: 'properties',
      },
      { path: 'own.cfg', content: 'port {port:game}\n', mode: 'overwrite' },
      { path: 'eula.txt', content: 'eula=true\n', mode: 'create' },
    ],
    consent,
  });
  await agent.perform(spec);
});
test.after.each(async () => {
  await agent.end();
  await platform.close();
});

const data = (name: string) => join(agent.home, 'data', name);
const read = (name: string) => readFileSync(data(name), 'utf8');

/** The agent's own lines in what a viewer is shown, until the text `last` has come. */
async function lines(last: string): Promise<string[]> {
  const socket = new WebSocket(socketUrlOf(agent.url, '/console'), {
    headers: { authorization: `Bearer ${agent.token}` },
  });
  let shown = '';
  for await (const [data, binary] of on(socket, 'message') as AsyncIterable<[Buffer, boolean]>) {
    if (binary) shown += data.toString();
    if (shown.includes(last)) break;
  }
  socket.terminate();
  return shown.split('\r\n').filter((line) => line.startsWith('[zlh]'));
}

test('each start puts managed keys and files back, and the console names them in one line each', async () => {
  assert.is((await agent.perform('start')).state, 'succeeded');
  await agent.perform('stop');
  assert.equal(await lines('Stopping the server'), [], 'nothing to say of what is right');
  writeFileSync(data('server.properties'), `motd=mine\nserver-port=1\nquery=on\n`);
  writeFileSync(data('own.cfg'), 'port 1\n');
  rmSync(data('eula.txt'));
  assert.is((await agent.perform('start')).state, 'succeeded');
  assert.is((await agent.status()).ready, true, 'it plays where it is looked for');
  assert.is(read('server.properties'), `motd=mine\nserver-port=${port}\nquery=off\n`);
  assert.is(read('own.cfg'), `port ${port}\n`);
  assert.is(read('eula.txt'), 'eula=true\n');
  assert.equal(await lines('made again'), [
    '[zlh] server.properties was changed by hand; put back: server-port, query.',
    '[zlh] own.cfg was changed by hand; it is put back as the platform writes it.',
    '[zlh] eula.txt was missing and is made again.',
  ]);
});

test('a crash is followed by a start with the managed keys put back', async () => {
  await agent.perform('start');
  writeFileSync(data('server.properties'), 'server-port=1\n');
  await agent.call('POST', '/console/command', { command: 'crash' });
  await platform.until(({ ready, crash }) => ready && crash?.count === 1);
  assert.match(read('server.properties'), `server-port=${port}`);
});

test('a consent that was withdrawn is a state of its own, and starts are refused with what to do', async () => {
  writeFileSync(data('eula.txt'), '#By changing the setting\neula=FALSE\n');
  for (const action of ['start', 'restart']) {
    const { status, body } = await agent.call<AgentProblem>('POST', `/${action}`, {
      operationId: randomUUID(),
    });
    assert.is(status, 409);
    assert.is(body.code, 'AGENT_CONSENT_WITHDRAWN');
    assert.match(body.detail, 'eula.txt says that the terms at https://example.com/terms');
    assert.match(body.hint ?? '', 'eula=true');
  }
  const { state, crash, consent: told } = await agent.status();
  assert.equal([state, crash], ['stopped', null]);
  assert.equal([told?.code, told?.path], ['AGENT_CONSENT_WITHDRAWN', 'eula.txt']);
  const { body } = await agent.call<{ reason: string }>('GET', '/ready');
  assert.match(body.reason, 'eula.txt says');
  await agent.perform({ ...spec, revision: 2 });
  assert.match(read('eula.txt'), 'FALSE', 'no installation gives it in the name of the customer');
  writeFileSync(data('eula.txt'), 'eula=True\n');
  assert.is((await agent.status()).consent, null);
  assert.is((await agent.perform('start')).state, 'succeeded');
});

test('a consent withdrawn while the game runs ends no game, and a crash after it does not start again', async () => {
  await agent.perform('start');
  writeFileSync(data('eula.txt'), 'eula=false');
  assert.is((await agent.status()).ready, true);
  await agent.call('POST', '/console/command', { command: 'crash' });
  await platform.until(({ state }) => state === 'stopped');
  const { crash, wanted } = await agent.status();
  assert.equal([crash, wanted], [null, false]);
});

test('a file of the consent that cannot be read fails the start alone, and says why', async () => {
  rmSync(data('eula.txt'));
  mkdirSync(data('eula.txt'));
  const { consent: told, state } = await agent.status();
  assert.equal([told, state], [null, 'stopped']);
  const { status, body } = await agent.call<AgentProblem>('POST', '/start', {
    operationId: randomUUID(),
  });
  assert.equal([status, body.code], [500, 'AGENT_PATH_UNSAFE']);
});

test.run();
