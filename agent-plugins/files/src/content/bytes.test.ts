/** The bytes of a file on their way out and in: the right ones, at the right place, and no file stays open. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FileBody } from './file-body.ts';
import { fill } from './fill.ts';

const MiB = 2 ** 20;
const path = join(mkdtempSync(join(tmpdir(), 'zlh-bytes-')), 'file');
const bytes = randomBytes(24 * MiB + 17);
const hash = (content: Buffer) => createHash('sha256').update(content).digest('hex');
let server: Server;

test.before(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
});
test.after(() => {
  server.close();
});

/** An answer on its way to a reader that takes nothing until it is asked to. */
async function answer(): Promise<{ answer: ServerResponse; reader: Socket }> {
  const reader = connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
  reader.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  response.useChunkedEncodingByDefault = false; // its end is the end of the connection
  return { answer: response, reader };
}

async function taken(reader: Socket): Promise<Buffer> {
  const all = await buffer(reader);
  return all.subarray(all.indexOf('\r\n\r\n') + 4);
}

async function body(start = 0, end = bytes.length - 1): Promise<[FileBody, FileHandle]> {
  writeFileSync(path, bytes);
  const handle = await open(path);
  return [new FileBody({ handle, path: 'file', start, end }), handle];
}

function countReads(handle: FileHandle): () => number {
  const read = handle.read.bind(handle) as (...of: unknown[]) => never;
  let count = 0;
  handle.read = (...of: unknown[]) => {
    count += 1;
    return read(...of);
  };
  return () => count;
}

/** Nothing has been sent for many turns: the buffers on the way are full. */
async function stalled(response: ServerResponse): Promise<void> {
  for (let before = -1; before !== response.socket!.bytesWritten;) {
    before = response.socket!.bytesWritten;
    for (let turn = 0; turn < 500; turn++) await new Promise(setImmediate);
  }
}

test('a file comes whole into an answer, however slowly it is taken', async () => {
  const [file, handle] = await body();
  const { answer: response, reader } = await answer();
  file.pipe(response);
  await stalled(response);
  assert.is(hash(await taken(reader)), hash(bytes));
  assert.is(handle.fd, -1, 'closed');
});

test('a part of a file comes whole through what keeps the pieces it is given', async () => {
  const [file, handle] = await body(5 * MiB + 3, 9 * MiB);
  const kept = file.pipe(new PassThrough({ highWaterMark: 16 * MiB }));
  await once(kept, 'finish');
  assert.is(hash(await buffer(kept)), hash(bytes.subarray(5 * MiB + 3, 9 * MiB + 1)));
  assert.is(handle.fd, -1, 'closed');
});

test('a file that is cut short while it is sent does not end well', async () => {
  const [file] = await body();
  const { answer: response, reader } = await answer();
  const failed = new Promise<Error & { code?: string }>((resolve) => {
    file.once('error', resolve);
  });
  file.pipe(response);
  await stalled(response);
  truncateSync(path, MiB);
  reader.resume();
  assert.is((await failed).code, 'FILES_SHRUNK');
  assert.is(response.writableEnded, false);
  response.destroy();
});

test('a reader that goes away leaves no file open, before the first byte or in the middle', async () => {
  const [unread, first] = await body();
  unread.destroy();
  await once(unread, 'close');
  assert.is(first.fd, -1);
  const [file, handle] = await body();
  const { answer: response, reader } = await answer();
  file.pipe(response);
  await stalled(response);
  const reads = countReads(handle);
  reader.destroy();
  await once(file, 'close');
  assert.is(handle.fd, -1);
  assert.ok(reads() < 3, `${reads()} more reads for nobody`);
});

test('for a reader that has left before the file was opened nothing is read', async () => {
  const { answer: response, reader } = await answer();
  reader.destroy();
  await once(response, 'close');
  const [file, handle] = await body();
  const reads = countReads(handle);
  file.pipe(response);
  await once(file, 'close');
  assert.equal([handle.fd, reads()], [-1, 0]);
});

const anySize = [1, 70_000, MiB - 1, MiB + 1, 3 * MiB + 5, 12];

test('pieces of any size are written one behind the other, from where they are to begin', async () => {
  const total = anySize.reduce((sum, size) => sum + size, 0);
  const pieces = anySize.map((size, at) => {
    const start = anySize.slice(0, at).reduce((sum, before) => sum + before, 0);
    return bytes.subarray(start, start + size);
  });
  writeFileSync(path, 'begin');
  await using handle = await open(path, 'r+');
  const told: number[] = [];
  const size = await fill(handle, Readable.from(pieces, { objectMode: false }), {
    start: 5,
    grow: () => undefined,
    wrote: (written) => told.push(written),
  });
  assert.is(size, total);
  assert.is(hash(readFileSync(path).subarray(5)), hash(bytes.subarray(0, total)));
  assert.equal(
    told,
    [MiB, 2 * MiB, 3 * MiB, 4 * MiB, 5 * MiB, total].filter((is) => is <= total),
  );
});

test('of a body that breaks off all is written that came', async () => {
  await using handle = await open(path, 'w');
  const broken = Readable.from(
    (async function* () {
      yield bytes.subarray(0, MiB + 3);
      throw new Error('broken off');
    })(),
    { objectMode: false },
  );
  const error = await fill(handle, broken, { grow: () => undefined }).catch((thrown) => thrown);
  assert.is((error as Error).message, 'broken off');
  assert.is(hash(readFileSync(path)), hash(bytes.subarray(0, MiB + 3)));
});

test('a body that grows too large is not read further, and what it comes on stays open', async () => {
  await using handle = await open(path, 'w');
  let made = 0;
  const endless = new Readable({
    read() {
      made += 1;
      this.push(Buffer.alloc(64 * 1024));
    },
  });
  const grow = (size: number) => {
    if (size > 2 * MiB) throw new Error('too large');
    return undefined;
  };
  const error = await fill(handle, endless, { grow }).catch((thrown) => thrown);
  assert.is((error as Error).message, 'too large');
  assert.is(endless.destroyed, false);
  assert.ok(made < 64, `${made} pieces`);
  endless.destroy();
});

test('a disk that does not take it ends it', async () => {
  writeFileSync(path, '');
  await using handle = await open(path, 'r'); // not open for writing, as good as broken
  const endless = new Readable({
    read() {
      this.push(Buffer.alloc(64 * 1024));
    },
  });
  const error = await fill(handle, endless, { grow: () => undefined }).catch((thrown) => thrown);
  assert.is((error as NodeJS.ErrnoException).code, 'EBADF');
  endless.destroy();
});

test.run();
