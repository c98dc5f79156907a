/** Promises about a body on its way through: it comes whole, and nothing of it stays. */
import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { detached } from './detached.ts';

const MiB = 2 ** 20;
const size = 512 * MiB;

test('a large body is handed through without its buffers piling up', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sending = request({ port: (server.address() as AddressInfo).port, method: 'PUT' });
  send(sending);
  const [incoming] = (await once(server, 'request')) as [IncomingMessage];
  let come = 0;
  let most = 0;
  await pipeline(
    detached(incoming, { confirm: async () => undefined }),
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        come += chunk.length;
        most = Math.max(most, process.memoryUsage().arrayBuffers);
        setImmediate(done);
      },
    }),
  );
  assert.is(come, size);
  assert.ok(most < 24 * MiB, `${most / MiB} MiB of buffers at once`);
  sending.destroy();
  server.close();
});

test('the last bytes wait until the caller was asked for permission again', async () => {
  const raw = new PassThrough();
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const body = detached(raw, {
    confirm() {
      asked.resolve();
      return answer.promise;
    },
  });
  const come: string[] = [];
  body.on('data', (chunk: Buffer) => come.push(chunk.toString()));
  raw.write('first');
  raw.write('second');
  raw.end('last');
  await asked.promise;
  assert.equal(come, ['first', 'second']);
  answer.resolve();
  await once(body, 'end');
  assert.equal(come, ['first', 'second', 'last']);
});

test('the last bytes of a refused caller never leave', async () => {
  const raw = new PassThrough();
  const refused = new Error('revoked');
  const body = detached(raw, { confirm: () => Promise.reject(refused) });
  const come: string[] = [];
  body.on('data', (chunk: Buffer) => come.push(chunk.toString()));
  raw.write('first');
  raw.end('last');
  const [error] = (await once(body, 'error')) as [Error];
  assert.is(error, refused);
  assert.equal(come, ['first']);
});

/** One and the same piece, so that the sender makes no buffers of its own. */
function send(sending: ReturnType<typeof request>): void {
  const piece = Buffer.alloc(MiB);
  let left = size / MiB;
  const more = (): void => {
    while (left > 0) {
      left -= 1;
      if (!sending.write(piece)) return void sending.once('drain', more);
    }
    sending.end();
  };
  sending.on('error', () => undefined); // ended by us at last
  more();
}

test.run();
