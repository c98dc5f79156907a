/** How a real agent judges a server whose status answer is odd, switched off, or never there. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { InstanceSpec } from './contract/spec.ts';
import { freePort, startTestAgent, testSpec, type TestAgent } from './testing/index.ts';

let agent: TestAgent;
let port: number;
test.before.each(async () => {
  agent = await startTestAgent();
  port = await freePort();
});
test.after.each(() => agent.end());

const otherwise: InstanceSpec['probe']['otherwise'] = [
  [
    { kind: 'tcp', port: 'game' },
    { kind: 'log', options: { pattern: ': Done \\(' } },
  ],
];

function spec(env: Record<string, string>, probe: object, properties = ''): InstanceSpec {
  const base = testSpec(port);
  return testSpec(port, {
    files: [
      {
        path: 'server.properties',
        content: `server-port={port:game}\n${properties}`,
        mode: 'properties',
      },
    ],
    launch: { ...base.launch, env },
    probe: { ...base.probe, ...probe },
    crash: { ...base.crash, maxCrashes: 1 },
  });
}

test('a status answer that is no strict JSON is a server that plays', async () => {
  await agent.perform(spec({ FAKE_STATUS: 'odd' }, {}));
  assert.is((await agent.perform('start')).state, 'succeeded');
  const { ready, players, probes } = await agent.status();
  assert.equal([ready, players], [true, { online: 0, max: 20 }]);
  assert.equal(
    probes!.map(({ kind, port: asked, ready: is, detail }) => [kind, asked, is, detail]),
    [['minecraft.status', 'game', true, null]],
  );
});

test('where the status is switched off another sign decides, and the status says what each probe said', async () => {
  await agent.perform(spec({}, { otherwise }, 'enable-status=false\n'));
  assert.is((await agent.perform('start')).state, 'succeeded');
  const { ready, players, probes } = await agent.status();
  assert.equal([ready, players], [true, null]);
  assert.equal(
    probes!.map(({ kind, ready: is, detail }) => [kind, is, detail]),
    [
      ['minecraft.status', false, 'the server hung up without an answer'],
      ['tcp', true, null],
      ['log', true, null],
    ],
  );
  await agent.kill();
  await agent.start();
  assert.is((await agent.status()).ready, true, 'also for the next agent');
});

test('a server that never answers is ended, and its crash has the words of its probe', async () => {
  await agent.perform(spec({ FAKE_PORT: String(await freePort()) }, { startupTimeoutMs: 1_000 }));
  const { state, error } = await agent.perform('start');
  assert.is(state, 'failed');
  assert.match(error!.detail, 'The probe "minecraft.status" said last: connect ECONNREFUSED');
  const { crash } = await agent.status();
  assert.is(crash?.reason, 'never-ready');
  assert.match(crash!.detail, 'connect ECONNREFUSED');
  assert.match(crash!.probes![0]!.detail!, 'ECONNREFUSED');
});

test.run();
