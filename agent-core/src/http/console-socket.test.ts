// time-limit: 180s
/**
 * Viewers that never read, talk nonsense or talk without end, against a real agent, shim and game: whoever sits beside
 * them sees every line, and no process grows.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { scaled, socketUrlOf } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import { readShimRecord } from '../shim/start.ts';
import { direct, FloodViewer, saysResync } from '../testing/flood-viewer.ts';
import { freePort, startTestAgent, testSpec, type TestAgent } from '../testing/index.ts';

/** More than garbage collection comes and goes with, far less than what is thrown at them. */
const FLAT_MB = 80;

let agent: TestAgent;
let port: number;
const open: WebSocket[] = [];

test.before.each(async () => {
  agent = await startTestAgent();
  port = await freePort();
  await agent.perform(testSpec(port));
  assert.is((await agent.perform('start')).state, 'succeeded');
});
test.after.each(async () => {
  for (const socket of open.splice(0)) socket.terminate();
  await agent.end();
});

const headers = () => ({ authorization: `Bearer ${agent.token}` });
const shim = () => readShimRecord(join(agent.home, 'run'))!.shim.pid;

async function joined(): Promise<WebSocket> {
  const socket = new WebSocket(socketUrlOf(agent.url, '/console'), {
    headers: headers(),
  });
  socket.on('error', () => {}); // 'close' tells what became of it
  open.push(socket);
  await once(socket, 'open');
  return socket;
}

/** A viewer below the level of frames. */
async function rawViewer(): Promise<Socket> {
  const socket = connect(agent.url.replace('unix:', ''));
  socket.on('error', () => {}); // it is thrown out, which is the point
  socket.write(
    `GET /console HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
      `Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nAuthorization: Bearer ${agent.token}\r\n\r\n`,
  );
  await once(socket, 'data');
  return socket;
}

function ownMegabytes(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Private_Dirty:\s+(\d+)/m.exec(text)![1]) / 1000;
}

async function assertFlat(what: () => Promise<void>): Promise<void> {
  const pids = { agent: agent.pid, shim: shim() };
  const before = Object.entries(pids).map(([name, pid]) => [name, pid, ownMegabytes(pid)] as const);
  await what();
  for (const [name, pid, was] of before) {
    const grown = ownMegabytes(pid) - was;
    assert.ok(grown < FLAT_MB, `the ${name} has grown by ${grown.toFixed(0)} MB`);
  }
}

/** How often a viewer that reads was too slow for a flood, which it watches to its end. */
async function resyncsIn(mebibytes: number, kibibytesPerSecond: number): Promise<number> {
  const viewer = await FloodViewer.open(agent);
  const pace = kibibytesPerSecond === 0 ? '' : ` ${kibibytesPerSecond}`;
  const before = await direct(port, `flood ${mebibytes}${pace}`);
  await viewer.until(before + (mebibytes * 2 ** 20) / 64 - 1 - 1024);
  await viewer.until((await direct(port, 'flood 0')) - 1);
  viewer.close();
  return viewer.resyncs;
}

/** As fast as the game can, unless this machine is too busy for a single viewer that reads. */
async function readablePace(): Promise<number> {
  for (const pace of [0, 3_000]) if ((await resyncsIn(20, pace)) === 0) return pace;
  return 1_000;
}

/** A flood that somebody watches to its end; every line comes, in its place. */
async function floodIsSeen(mebibytes: number, pace: number): Promise<void> {
  assert.is(await resyncsIn(mebibytes, pace), 0);
}

test('viewers that never read cost the others no line and nobody memory', async () => {
  const pace = await readablePace();
  await assertFlat(async () => {
    for (let i = 0; i < 8; i++) (await joined()).pause();
    await floodIsSeen(120, pace);
  });
});

test('one who never reads does not hold up the end of the agent', async () => {
  (await rawViewer()).pause();
  const begun = performance.now();
  await agent.kill('SIGTERM');
  // Far below the half minute for which a farewell that is not answered is waited for.
  assert.ok(performance.now() - begun < scaled(15_000));
});

test('one who stopped reading and goes on is told to clear the screen, and sees the end', async () => {
  const pace = await readablePace();
  const slow = await joined();
  slow.pause();
  await floodIsSeen(40, pace);
  const shown: string[] = [];
  const ended = new Promise<void>((resolve) => {
    slow.on('message', (data: Buffer, binary: boolean) => {
      if (binary) shown.push(data.toString('latin1'));
      else if (saysResync(data)) shown.push('RESYNC');
      if (shown.at(-1)?.includes('flood over') && shown.includes('RESYNC')) resolve();
    });
  });
  slow.resume();
  await ended;
  assert.ok(shown.slice(shown.lastIndexOf('RESYNC') + 1).join('').length >= 262_144 - 65_536);
});

test('nonsense ends the connection of who sent it, and nobody else’s', async () => {
  const witness = await joined();
  const nonsense: readonly [unknown, number][] = [
    ['hello', 1008],
    ['[]', 1008],
    ['{"type":"input"}', 1008],
    ['{"type":"input","data":1}', 1008],
    [`{"type":"input","data":"${'x'.repeat(5_000)}"}`, 1008],
    ['{"type":"resize","cols":1e9,"rows":-1}', 1008],
    [Buffer.from('{"type":"input","data":"x"}'), 1008],
    ['x'.repeat(100_000), 1009],
  ];
  for (const [data, code] of nonsense) {
    const viewer = await joined();
    viewer.send(data as string);
    assert.is(((await once(viewer, 'close')) as [number])[0], code, String(data).slice(0, 50));
  }
  for (const bytes of [
    [0xff, 0xff, 0xff],
    [0x81, 0x01, 0x78],
    [0x8f, 0x80, 0, 0, 0, 0],
  ]) {
    const socket = await rawViewer();
    socket.write(Buffer.from(bytes));
    socket.resume();
    await once(socket, 'close');
  }
  assert.is(witness.readyState, WebSocket.OPEN);
  assert.is((await agent.status()).ready, true);
});

test('input that a hanging game does not take is refused at no cost, and the game can still be killed', async () => {
  const viewer = await joined();
  viewer.send(JSON.stringify({ type: 'input', data: 'hang\r' }));
  const input = JSON.stringify({ type: 'input', data: 'x'.repeat(4_000) });
  await assertFlat(async () => {
    for (let i = 0; i < 30_000; i++) {
      if (viewer.bufferedAmount > 4_000_000)
        await new Promise((resolve) => viewer.send(input, resolve));
      else viewer.send(input);
    }
    await new Promise((resolve) => {
      viewer.once('pong', resolve);
      viewer.ping();
    });
  });
  assert.is((await agent.perform('kill')).state, 'succeeded');
  assert.is((await agent.status()).state, 'stopped');
});

test('pings of one who does not listen are not answered without end', async () => {
  const socket = await rawViewer();
  socket.pause();
  const ping = Buffer.concat([Buffer.from([0x89, 0x80 | 125, 0, 0, 0, 0]), Buffer.alloc(125)]);
  const many = Buffer.concat(Array.from({ length: 10_000 }, () => ping));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await assertFlat(async () => {
    for (let sent = 0; sent < 200e6 && !socket.destroyed; sent += many.length)
      if (!socket.write(many))
        await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed]);
    await closed;
  });
});

test.run();
