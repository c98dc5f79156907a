/**
 * What `console.bench.ts` measures against: the fake game on a bare pseudo terminal, piped to WebSockets with nothing
 * in between. Output is gathered for 4 ms or 64 KiB; the terminal waits for the slowest viewer.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { fakeServerFile } from '@zlh/agent/testing';
import { WebSocketServer } from 'ws';

const BATCH_BYTES = 65_536;
const BATCH_MS = 4;
const MOST_BUFFERED = 1_048_576;

interface Terminal {
  onData(listener: (chunk: Buffer) => void): void;
  write(data: string): void;
  pause(): void;
  resume(): void;
}

// The types of the package belong to another module name, see the shim's terminal.ts.
const { resolve } = createRequire(import.meta.url);
const { spawn } = createRequire(resolve('@zlh/agent/package.json'))('node-pty') as {
  spawn(command: string, args: string[], options: object): Terminal;
};

const terminal = spawn(process.execPath, [fakeServerFile], {
  cols: 120,
  rows: 40,
  encoding: null,
  env: { PATH: process.env.PATH, FAKE_PORT: '0' },
});
const http = createServer();
const sockets = new WebSocketServer({ server: http, perMessageDeflate: false });
let batch: Buffer[] = [];
let size = 0;
let timer: NodeJS.Timeout | undefined;
let paused = false;

terminal.onData((chunk) => {
  batch.push(chunk);
  size += chunk.length;
  if (size >= BATCH_BYTES) flush();
  else timer ??= setTimeout(flush, BATCH_MS);
});

function flush(): void {
  clearTimeout(timer);
  timer = undefined;
  const bytes = Buffer.concat(batch);
  batch = [];
  size = 0;
  for (const viewer of sockets.clients) {
    viewer.send(bytes, taken);
    if (viewer.bufferedAmount > MOST_BUFFERED && !paused) {
      paused = true;
      terminal.pause();
    }
  }
}

function taken(): void {
  if (!paused) return;
  for (const { bufferedAmount } of sockets.clients) if (bufferedAmount > MOST_BUFFERED / 2) return;
  paused = false;
  terminal.resume();
}

sockets.on('connection', (viewer) => {
  viewer.on('message', (data: Buffer) =>
    terminal.write((JSON.parse(data.toString()) as { data: string }).data),
  );
});
http.listen(0, '127.0.0.1', () =>
  console.log(`http://127.0.0.1:${(http.address() as AddressInfo).port}/`),
);
