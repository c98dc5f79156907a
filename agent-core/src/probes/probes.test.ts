/** The probes every agent has, and the loop that asks them. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Probe, ProbeTarget } from '../contract/points.ts';
import { askProbe, ProbeLoop } from '../supervisor/probe-loop.ts';
import { testSpec } from '../testing/test-spec.ts';
import { logProbe } from './log.ts';
import { tcpProbe } from './tcp.ts';
import { udpProbe } from './udp.ts';

const signal = new AbortController().signal;
let say: (text: string) => void = () => {};

function target(change: Partial<ProbeTarget>): ProbeTarget {
  return {
    host: '127.0.0.1',
    port: null,
    options: {},
    timeoutMs: 1_000,
    wasReady: false,
    onOutput: (listener) => (say = (text) => listener(Buffer.from(text))),
    ...change,
  };
}

test('a port that listens is ready, one that does not is not', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const probe = tcpProbe.create(target({ port }));
  assert.is((await probe.check(signal)).ready, true);
  server.close();
  await once(server, 'close');
  assert.is((await probe.check(signal)).ready, false);
  assert.throws(() => tcpProbe.create(target({})), /needs a port/);
});

test('the log is ready once it said so, in however many pieces', async () => {
  const probe = logProbe.create(target({ options: { pattern: 'Done \\(' } }));
  const ready = async () => (await probe.check(signal)).ready;
  say('Starting\nDo');
  assert.is(await ready(), false);
  say('ne (1.0s)! For help\nmore\n');
  assert.is(await ready(), true);
  say('anything else\n');
  assert.is(await ready(), true);
});

test('a log that was ready before the agent came back stays ready', async () => {
  const probe = logProbe.create(target({ options: { pattern: 'never' }, wasReady: true }));
  assert.is((await probe.check(signal)).ready, true);
});

test('a pattern that is none is refused', () => {
  for (const pattern of [undefined, 5, '(']) {
    assert.throws(() => logProbe.create(target({ options: { pattern } })), /no usable pattern/);
  }
});

test('a datagram of the game itself is an answer, others and silence are not', async () => {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  const options = { send: '4f457403', expect: '4F45' };
  const probe = udpProbe.create(target({ port, options }));
  let answer = '4f450102';
  const heard: string[] = [];
  socket.on('message', (question, from) => {
    heard.push(question.toString('hex'));
    socket.send(Buffer.from(answer, 'hex'), from.port, from.address);
  });
  assert.equal(await probe.check(signal), { ready: true });
  assert.equal(heard, ['4f457403']);
  answer = '4e45';
  assert.equal(await probe.check(AbortSignal.timeout(50)), { ready: false, detail: 'no answer' });
  socket.close();
  await once(socket, 'close');
  assert.is((await probe.check(AbortSignal.timeout(1_000))).ready, false);
  assert.throws(() => udpProbe.create(target({ port, options: { send: 'x' } })), /hex digits/);
  assert.throws(() => udpProbe.create(target({ options })), /needs a port/);
});

const quick = { ...testSpec(1).probe, intervalMs: 20, timeoutMs: 30, failuresToUnready: 2 };

test('a log line counts as a terminal shows it, without colours and prompt', async () => {
  const probe = logProbe.create(target({ options: { pattern: '^\\[INFO\\] Done' } }));
  say('\u001b[?2004h> half\r\u001b[K\u001b[32m[INFO]\u001b[m Done (1 s)!\r\n');
  assert.is((await probe.check(signal)).ready, true);
});

/** The readiness told after each of these answers. */
function toldFor(answers: readonly (boolean | 'throws' | 'hangs')[]): Promise<boolean[]> {
  return new Promise((resolve) => {
    const told: boolean[] = [];
    let index = 0;
    const probe: Probe = {
      check: () => {
        const answer = answers[index++];
        if (answer === 'hangs') return new Promise(() => {});
        if (answer === 'throws') return Promise.reject(new Error('no'));
        return Promise.resolve({ ready: answer === true });
      },
    };
    const loop = new ProbeLoop((stop) => askProbe(probe, quick.timeoutMs, stop), quick, {
      result: (ready) => {
        told.push(ready);
        if (told.length < answers.length) return;
        loop.stop();
        resolve(told);
      },
    });
  });
}

test('one success makes ready, only failures in a row make unready', async () => {
  assert.equal(await toldFor([false, true, false, true, false, false, true]), [
    false,
    true,
    true,
    true,
    true,
    false,
    true,
  ]);
});

test('a probe that throws or never answers counts as failed', async () => {
  assert.equal(await toldFor([true, 'throws', 'hangs', true]), [true, true, false, true]);
});

test.run();
