/** The query protocols against servers that answer in the published format, byte by byte. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { queryProbe } from './query-probe.ts';

const text = (...texts: string[]) => Buffer.from(texts.map((each) => `${each}\0`).join(''));

async function withUdp<T>(
  reply: (question: Buffer, answer: (bytes: Uint8Array) => void) => void,
  use: (port: number) => Promise<T>,
): Promise<T> {
  const socket: Socket = createSocket('udp4');
  socket.on('message', (question, { port, address }) =>
    reply(question, (bytes) => socket.send(bytes, port, address)),
  );
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  try {
    return await use(socket.address().port);
  } finally {
    socket.close();
  }
}

function ask(protocol: string, port: number, timeoutMs = 2_000) {
  const probe = queryProbe.create({
    host: '127.0.0.1',
    port,
    options: { protocol },
    timeoutMs,
    wasReady: false,
    onOutput() {},
  });
  return probe.check(AbortSignal.timeout(timeoutMs));
}

test('a Source server is asked again with its challenge', async () => {
  const info = Buffer.concat([
    Buffer.from([0xff, 0xff, 0xff, 0xff, 0x49, 17]),
    text('A server', 'de_dust2', 'csgo', 'Counter-Strike'),
    Buffer.from([0xda, 0x02, 3, 24, 1]),
  ]);
  const result = await withUdp(
    (question, answer) => {
      assert.is(question.toString('latin1', 4, 25), 'TSource Engine Query\0');
      if (question.length === 25) answer(Buffer.from('ffffffff4101020304', 'hex'));
      else if (question.subarray(25).toString('hex') === '01020304') answer(info);
    },
    (port) => ask('source', port),
  );
  assert.equal(result, { ready: true, players: { online: 3, max: 24 } });
});

test('a Teeworlds server is asked for its token first', async () => {
  const token = Buffer.from('0a0b0c0d', 'hex');
  const result = await withUdp(
    (question, answer) => {
      if (question[0] === 0x04) {
        assert.ok(question.length >= 512, 'the request is as long as the server demands');
        const own = question.subarray(8, 12);
        answer(Buffer.concat([Buffer.from([4, 0, 0]), own, Buffer.from([5]), token]));
        return;
      }
      assert.ok(question.subarray(1, 5).equals(token));
      const head = Buffer.concat([question.subarray(0, 1), question.subarray(5, 9), token]);
      const figures = Buffer.from([0, 1, 4, 16, 5, 0x80 | 36, 1]);
      const names = text('0.7.5', 'A server', '', 'ctf1', 'CTF');
      const magic = Buffer.from([0xff, 0xff, 0xff, 0xff, ...Buffer.from('inf3')]);
      answer(Buffer.concat([head, magic, question.subarray(17, 18), names, figures]));
    },
    (port) => ask('teeworlds', port),
  );
  assert.equal(result, { ready: true, players: { online: 5, max: 100 } });
});

/** Version 6, with one file of graphics by id, hash and name. */
const openttd = Buffer.concat([
  Buffer.from([6, 6, 1]),
  Buffer.alloc(4, 0xff),
  text(''),
  Buffer.from([1]),
  Buffer.alloc(20, 7),
  text('A file of graphics'),
  Buffer.alloc(8),
  Buffer.from([15, 2, 0]),
  text('A server', '13.0'),
  Buffer.from([0, 25, 4, 1]),
]);

async function withTcp<T>(answer: Buffer | null, use: (port: number) => Promise<T>): Promise<T> {
  const server = createServer((socket) => {
    socket.on('error', () => {}); // the probe hangs up when it has what it wants
    socket.on('data', () => {
      if (answer === null) socket.destroy();
      else for (const byte of answer) socket.write(Buffer.from([byte]));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await use((server.address() as AddressInfo).port);
  } finally {
    server.close();
  }
}

function framed(body: Buffer): Buffer {
  const size = Buffer.alloc(2);
  size.writeUInt16LE(body.length + 2);
  return Buffer.concat([size, body]);
}

test('an OpenTTD server is understood in however many pieces it answers', async () => {
  const result = await withTcp(framed(openttd), (port) => ask('openttd', port));
  assert.equal(result, { ready: true, players: { online: 4, max: 25 } });
});

async function fault(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'answered',
    (error: unknown) => (error as Error).message,
  );
}

test('an answer of its protocol that does not hold what it should is a server that plays', async () => {
  const unknown = { ready: true, players: null };
  const short = framed(openttd.subarray(0, 20));
  assert.equal(await withTcp(short, (port) => ask('openttd', port)), unknown);
  const info = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x49, 17, 65]);
  const source = withUdp(
    (_question, answer) => answer(info),
    (port) => ask('source', port),
  );
  assert.equal(await source, unknown);
});

test('an answer of another kind, or none, is no readiness', async () => {
  assert.match(await withTcp(null, (port) => fault(ask('openttd', port))), 'hung up');
  const other = framed(Buffer.from([2, 1]));
  assert.match(await withTcp(other, (port) => fault(ask('openttd', port))), 'not ready to tell');
  for (const protocol of ['source', 'teeworlds']) {
    const silent = withUdp(
      (_question, answer) => answer(Buffer.from('nonsense')),
      (port) => fault(ask(protocol, port, 100)),
    );
    assert.is(await silent, 'no answer');
  }
});

test('a protocol nobody knows and a missing port are told when the game is set up', () => {
  const target = { host: '::1', timeoutMs: 1, wasReady: false, onOutput() {} };
  assert.throws(
    () => queryProbe.create({ ...target, port: 1, options: { protocol: 'x' } }),
    /knows no protocol "x"/,
  );
  assert.throws(
    () => queryProbe.create({ ...target, port: null, options: { protocol: 'source' } }),
    /needs a port/,
  );
});

test.run();
