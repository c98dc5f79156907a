/** The status ping against servers that answer well, slowly, in pieces, or with nonsense. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseAnswer, pingStatus } from './status-ping.ts';
import { decodeVarint, encodeVarint } from './varint.ts';

let server: Server | undefined;

async function serve(answer: (socket: Socket, request: Buffer) => void): Promise<number> {
  server = createServer((socket) => {
    socket.on('error', () => {}); // the client may hang up first
    socket.on('data', (request) => answer(socket, request));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
test.after.each(() => {
  server?.close();
  server = undefined;
});

const statusAnswer = (json: unknown) => framed(JSON.stringify(json));

function framed(content: string | Buffer): Buffer {
  const text = typeof content === 'string' ? Buffer.from(content) : content;
  const body = Buffer.concat([encodeVarint(0), encodeVarint(text.length), text]);
  return Buffer.concat([encodeVarint(body.length), body]);
}

const ping = (port: number, timeoutMs = 5_000) =>
  pingStatus('127.0.0.1', port, AbortSignal.timeout(timeoutMs));

async function failure(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => assert.unreachable() as never,
    (error: Error) => error,
  );
}

test('the request is a handshake for any version, then a status request', async () => {
  let seen: Buffer = Buffer.alloc(0);
  const port = await serve((socket, request) => {
    seen = request;
    socket.end(statusAnswer({}));
  });
  await ping(port);
  const host = Buffer.from('127.0.0.1');
  const body = Buffer.concat([
    Buffer.from([0x00, 0xff, 0xff, 0xff, 0xff, 0x0f, host.length]),
    host,
    Buffer.from([port >> 8, port & 0xff, 0x01]),
  ]);
  assert.equal(seen, Buffer.concat([Buffer.from([body.length]), body, Buffer.from([1, 0])]));
});

test('players and version are read, also when the answer arrives byte by byte', async () => {
  const answer = statusAnswer({
    version: { name: '1.21.4', protocol: 769 },
    players: { max: 20, online: 3, sample: [] },
  });
  const port = await serve((socket) => {
    let at = 0;
    const drip = () => {
      if (at >= answer.length) return;
      socket.write(answer.subarray(at, ++at), () => setImmediate(drip));
    };
    drip();
  });
  assert.equal(await ping(port), { version: '1.21.4', players: { online: 3, max: 20 } });
});

test('an answer that is framed well is a server that plays, whatever stands in it', async () => {
  const known = { online: 3, max: 20 };
  for (const [content, players] of [
    ['{"description":"two\nlines","players":{"online":3,"max":20}}', known],
    ['\ufeff{"players":{"online":3,"max":20},"description":"\u0001\t"}\u0000', known],
    [
      Buffer.concat([
        Buffer.from('{"players":{"online":3,"max":20},"x":"'),
        Buffer.from([0xa7, 0xff]),
        Buffer.from('"}'),
      ]),
      known,
    ],
    ['{"players":{"online":0,"max":20}}', { online: 0, max: 20 }],
    ['{"players":{"online":3}}', { online: 3, max: null }],
    ['{"players":null,"version":null}', null],
    ['{"description":"no players"}', null],
    ['{"players":{"online":3,', null],
    ['null', null],
    ['', null],
  ] as const) {
    const port = await serve((socket) => socket.end(framed(content)));
    assert.equal((await ping(port)).players, players, String(content));
    server?.close();
  }
});

test('missing or odd members are not known', async () => {
  const port = await serve((socket) =>
    socket.end(statusAnswer({ players: { online: '7', max: -1 }, version: 5 })),
  );
  assert.equal(await ping(port), { version: null, players: null });
});

test('nonsense, an endless answer and a hang-up are rejected', async () => {
  for (const bytes of [
    'HTTP/1.1 400 Bad Request\r\n\r\n',
    '\xff\xff\xff\xff\xff\xff',
    '\x05\x01abcd',
    '\x05\x00\x20abc',
    '',
  ]) {
    const port = await serve((socket) => socket.end(Buffer.from(bytes, 'latin1')));
    assert.instance(await failure(ping(port)), Error);
    server?.close();
  }
  assert.throws(
    () => parseAnswer(Buffer.concat([encodeVarint(2_000_000), Buffer.alloc(10)])),
    /length/,
  );
});

test('a server that says nothing is given up when the caller says so', async () => {
  const port = await serve(() => {});
  assert.is((await failure(ping(port, 100))).name, 'AbortError');
});

test('varints go both ways at their limits', () => {
  for (const value of [0, 1, 127, 128, 255, 25_565, 2_097_151, 2_147_483_647, -1, -2_147_483_648]) {
    assert.is(decodeVarint(encodeVarint(value), 0)?.value, value);
  }
  assert.is(decodeVarint(Buffer.from([0x80]), 0), undefined);
  assert.throws(() => decodeVarint(Buffer.alloc(6, 0xff), 0));
});

test.run();
