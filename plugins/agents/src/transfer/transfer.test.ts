/** Bytes to and from an agent that is in the hands of its customer: they come whole, or it is said that they do not. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Nonsense } from './head.ts';
import type { Connect } from './line.ts';
import { transfer, type TransferRequest } from './transfer.ts';

const MiB = 2 ** 20;
const servers = new Set<Server>();
const sockets = new Set<Socket>();

test.after.each(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
  servers.clear();
  sockets.clear();
});

/** An agent that does to each connection what it is told to. */
async function agent(serve: (socket: Socket) => void): Promise<Connect> {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined); // they break off on purpose
    serve(socket);
  }).listen(0, '127.0.0.1');
  servers.add(server);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return (onread) => connect({ host: '127.0.0.1', port, onread });
}

const answering = (...pieces: readonly (string | Buffer)[]) =>
  agent((socket) =>
    socket.once('data', () => {
      for (const piece of pieces) socket.write(piece);
    }),
  );

const ok = (length: number) => `HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\n`;
type Request = Omit<TransferRequest, 'path'>;
const get: Request = { method: 'GET', headers: {} };
const ask = (to: Connect, request: Request) => transfer(to, { path: '/files?path=a', ...request });
const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => new Error('it did not fail'),
    (error: Error) => error,
  );
}

/** Of a figure that grows until the buffers on the way are full. */
async function standsStill(figure: () => number): Promise<void> {
  for (let before = -1; before !== figure();) {
    before = figure();
    for (let turn = 0; turn < 500; turn++) await new Promise(setImmediate);
  }
}

/** An answer of ours whose reader takes nothing until it is told. */
async function slowReader(): Promise<{
  answer: ServerResponse;
  reader: Socket;
  taken: () => Promise<Buffer>;
}> {
  const server = createHttpServer().listen(0, '127.0.0.1');
  servers.add(server);
  await once(server, 'listening');
  const reader = connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
  sockets.add(reader);
  reader.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
  const [, answer] = (await once(server, 'request')) as [unknown, ServerResponse];
  answer.useChunkedEncodingByDefault = false; // its end is the end of the connection
  const taken = async () => {
    const all = await buffer(reader);
    return all.subarray(all.indexOf('\r\n\r\n') + 4);
  };
  return { answer, reader, taken };
}

test('what is asked is one request of HTTP/1.1 with a host', async () => {
  let asked = '';
  const url = await agent((socket) =>
    socket.on('data', (data) => {
      asked += data.toString();
      socket.write(ok(2) + 'hi');
    }),
  );
  const { status, body } = await ask(url, {
    method: 'GET',
    headers: { host: 'a', range: 'bytes=0-1' },
  });
  assert.equal([status, (await buffer(body)).toString()], [200, 'hi']);
  assert.is(asked, `GET /files?path=a HTTP/1.1\r\nhost: a\r\nrange: bytes=0-1\r\n\r\n`);
});

test('a header that would be two is not sent', async () => {
  const url = await answering(ok(0));
  const headers = { 'if-match': 'a\r\nx-more: b' };
  assert.match((await failure(ask(url, { method: 'GET', headers }))).message, 'if-match');
});

test('a large body comes whole into an answer, however slowly it is taken', async () => {
  const bytes = randomBytes(24 * MiB + 17);
  const { body } = await ask(await answering(ok(bytes.length), bytes), get);
  const { answer, taken } = await slowReader();
  body.pipe(answer);
  await standsStill(() => answer.socket!.bytesWritten);
  assert.is(hash(await taken()), hash(bytes));
});

test('a large body comes whole through what keeps the pieces it is given', async () => {
  const bytes = randomBytes(9 * MiB + 17);
  const { body } = await ask(await answering(ok(bytes.length), bytes), get);
  const kept = body.pipe(new PassThrough({ highWaterMark: 16 * MiB }));
  await once(kept, 'finish');
  assert.is(hash(await buffer(kept)), hash(bytes));
});

test('a body that nobody takes is not fetched', async () => {
  let sent = 0;
  let held: Socket | undefined;
  const url = await agent((socket) => {
    held = socket;
    socket.once('data', () => {
      socket.write(ok(1024 * MiB));
      const send = () => {
        while (!socket.destroyed && socket.writableLength < MiB) {
          socket.write(Buffer.alloc(MiB));
          sent += MiB;
        }
      };
      socket.on('drain', send);
      send();
    });
  });
  const { body } = await ask(url, get);
  const { answer } = await slowReader();
  body.pipe(answer);
  await standsStill(() => sent);
  assert.ok(sent < 64 * MiB, `${sent} bytes`);
  const closed = new Promise((resolve) => {
    held!.once('close', resolve);
  });
  body.destroy();
  await closed;
});

test('a body that ends early is an error, and what it is piped to does not end well', async () => {
  const url = await agent((socket) => socket.once('data', () => socket.end(`${ok(100)}only this`)));
  const read = await ask(url, get);
  assert.match((await failure(buffer(read.body))).message, 'broke off');
  const { body } = await ask(url, get);
  const target = new PassThrough().resume();
  const failed = new Promise<Error>((resolve) => {
    body.once('error', resolve);
  });
  body.pipe(target);
  const error = await failed;
  assert.match(error.message, 'broke off');
  assert.is(target.writableEnded, false);
});

test('what comes behind the announced bytes is dropped, and the line with it', async () => {
  let closed: Promise<unknown> | undefined;
  const url = await agent((socket) => {
    closed = once(socket, 'close');
    socket.once('data', () => socket.write(`${ok(4)}good, and something else`));
  });
  const { body } = await ask(url, get);
  assert.is((await buffer(body)).toString(), 'good');
  await closed;
});

const nonsense: Readonly<Record<string, string>> = {
  'no HTTP': 'SSH-2.0-OpenSSH_9.2\r\n\r\n',
  'another version': 'HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n',
  'a status beyond all': 'HTTP/1.1 999 OK\r\ncontent-length: 0\r\n\r\n',
  'a status that only informs': 'HTTP/1.1 100 Continue\r\n\r\n',
  'a length twice': 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\nContent-Length: 2\r\n\r\n',
  'no length': 'HTTP/1.1 200 OK\r\n\r\n',
  'a length below nothing': 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n',
  'a length in words': 'HTTP/1.1 200 OK\r\ncontent-length: 1e3\r\n\r\n',
  chunks: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n',
  'chunks and a length':
    'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
  'a folded header': 'HTTP/1.1 200 OK\r\nx: a\r\n b\r\ncontent-length: 0\r\n\r\n',
  'a name with a space': 'HTTP/1.1 200 OK\r\ncontent-length : 0\r\n\r\n',
  'a zero byte': 'HTTP/1.1 200 OK\r\nx: a\0\r\ncontent-length: 0\r\n\r\n',
  'a bare line feed': 'HTTP/1.1 200 OK\r\nx: a\nset-cookie: b\r\ncontent-length: 0\r\n\r\n',
  'a head without end': `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(200_000)}`,
};
for (const [what, answer] of Object.entries(nonsense))
  test(`an answer with ${what} is nonsense`, async () => {
    const url = await answering(answer);
    assert.instance(await failure(ask(url, get)), Nonsense);
  });

test('a head that comes in single bytes is a head', async () => {
  const text = `${ok(5)}hello`;
  const url = await agent((socket) =>
    socket.setNoDelay().once('data', () => {
      Readable.from(text).on('data', (letter) => socket.write(letter));
    }),
  );
  const { body } = await ask(url, get);
  assert.is((await buffer(body)).toString(), 'hello');
});

test('an agent that hangs up before it answers is an error', async () => {
  const url = await agent((socket) => socket.once('data', () => socket.end()));
  assert.match((await failure(ask(url, get))).message, 'hung up');
});

test('an agent that says nothing is given up, also in the middle of a body', async () => {
  const dumb = await agent((socket) => socket.resume());
  const given = { ...get, silentMs: 50 };
  assert.match((await failure(ask(dumb, given))).message, 'did nothing for too long');
  const { body } = await ask(await answering(`${ok(100)}a`), given);
  assert.match((await failure(buffer(body))).message, 'did nothing for too long');
});

test('an agent that waits for a slow reader is not given up', async () => {
  const bytes = randomBytes(24 * MiB);
  const url = await answering(ok(bytes.length), bytes);
  const { body } = await ask(url, { ...get, silentMs: 20 });
  const { answer, taken } = await slowReader();
  body.pipe(answer);
  await standsStill(() => answer.socket!.bytesWritten);
  await new Promise((resolve) => setTimeout(resolve, 100)); // five times as long as an agent may be silent
  assert.is(hash(await taken()), hash(bytes));
});

test('a body goes up whole, and is answered', async () => {
  const bytes = randomBytes(5 * MiB);
  let come = Buffer.alloc(0);
  const url = await agent((socket) =>
    socket.on('data', (data) => {
      come = Buffer.concat([come, data]);
      const start = come.indexOf('\r\n\r\n') + 4;
      if (come.length === start + bytes.length) socket.write(ok(0));
    }),
  );
  const headers = { 'content-length': String(bytes.length) };
  const body = Readable.from([bytes.subarray(0, 7), bytes.subarray(7)], { objectMode: false });
  const { status } = await ask(url, { method: 'PUT', headers, body });
  assert.is(status, 200);
  assert.is(hash(come.subarray(come.indexOf('\r\n\r\n') + 4)), hash(bytes));
});

test('an agent that refuses in the middle of a body is heard, and the rest is not sent', async () => {
  const url = await agent((socket) => {
    socket.once('data', () => {
      socket.pause();
      socket.write('HTTP/1.1 507 Full\r\ncontent-length: 4\r\n\r\nfull');
    });
  });
  let made = 0;
  const body = new Readable({
    read() {
      made += MiB;
      this.push(Buffer.alloc(MiB));
    },
  });
  const headers = { 'content-length': String(2 ** 40) };
  const answer = await ask(url, { method: 'PUT', headers, body });
  assert.equal([answer.status, (await buffer(answer.body)).toString()], [507, 'full']);
  assert.ok(body.destroyed);
  assert.ok(made < 64 * MiB, `${made} bytes`);
});

test('a sender that breaks off takes the line along: the agent sees that there is no more', async () => {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const body = new PassThrough();
  const url = await agent((socket) => {
    socket.once('data', () => body.destroy());
    socket.once('close', () => resolve());
  });
  body.write('a');
  const headers = { 'content-length': '100' };
  const error = await failure(ask(url, { method: 'PUT', headers, body }));
  assert.match(error.message, 'the sender broke off');
  await closed;
});

test('a sender that has broken off before is not waited for, and no agent is asked', async () => {
  let asked = 0;
  const url = await agent(() => (asked += 1));
  const body = Readable.from(['abc']).destroy();
  await once(body, 'close');
  const headers = { 'content-length': '3' };
  const silentMs = 1000;
  const error = await failure(ask(url, { method: 'PUT', headers, body, silentMs }));
  assert.match(error.message, 'the sender broke off');
  assert.is(asked, 0);
});

test('for a reader that has left already the body is not fetched', async () => {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  let sent = 0;
  const url = await agent((socket) => {
    socket.once('close', () => resolve());
    socket.once('data', () => {
      socket.write(ok(256 * MiB));
      const send = () => {
        while (!socket.destroyed && sent < 256 * MiB && socket.writableLength < MiB) {
          socket.write(Buffer.alloc(MiB));
          sent += MiB;
        }
      };
      socket.on('drain', send);
      send();
    });
  });
  const { answer, reader } = await slowReader();
  reader.destroy();
  await once(answer, 'close');
  const { body } = await ask(url, get);
  body.pipe(answer);
  await closed;
  assert.ok(sent < 64 * MiB, `${sent / MiB} MiB`);
});

test('a transfer that is called off ends with the reason, before the answer and behind it', async () => {
  const early = new AbortController();
  const dumb = await agent((socket) => socket.once('data', () => early.abort(new Error('early'))));
  const error = await failure(ask(dumb, { ...get, signal: early.signal }));
  assert.is(error.message, 'early');
  const late = new AbortController();
  const url = await answering(`${ok(100)}a`);
  const { body } = await ask(url, { ...get, signal: late.signal });
  const failed = failure(buffer(body));
  late.abort(new Error('late'));
  assert.is((await failed).message, 'late');
});

test('many bodies at once share a bounded room, and give it back', async () => {
  const room = () => process.memoryUsage().arrayBuffers;
  const announced = await answering(ok(2 * MiB));
  const opened = async () => {
    const { body } = await ask(announced, get);
    const { answer } = await slowReader();
    body.on('error', () => undefined).pipe(answer);
    return body;
  };
  const before = room();
  const many = await Promise.all(Array.from({ length: 200 }, opened));
  assert.ok(room() - before < 128 * MiB, `${(room() - before) / MiB} MiB for 200 bodies`);
  const closed = Promise.all(many.map((body) => once(body, 'close')));
  for (const body of many) body.destroy();
  await closed;
  const largest = async () => {
    const bytes = randomBytes(24 * MiB);
    const { body } = await ask(await answering(ok(bytes.length), bytes), get);
    const { answer, taken } = await slowReader();
    const write = answer.write.bind(answer) as (...of: unknown[]) => boolean;
    let most = 0;
    answer.write = (piece: Buffer, ...rest: unknown[]) => {
      most = Math.max(most, piece.length);
      return write(piece, ...rest);
    };
    body.pipe(answer);
    assert.is(hash(await taken()), hash(bytes));
    return most;
  };
  assert.ok((await largest()) > 64 * 1024);
});

test.run();
