/** The console kinds: where a line goes, what comes back, and what a connection that fails costs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ConsoleTarget, GameConsole } from '../contract/console.ts';
import { noConsole } from './kinds.ts';
import { isConnectedTo } from '../lib/connection-owner.ts';
import { LineInput } from './line-input.ts';
import { tcpConsole } from './tcp-console.ts';

const PASSWORD = 'a-password-of-this-instance';

/** A console as Teeworlds has one: asks for a password, then answers lines. */
class FakeEcon {
  readonly heard: string[] = [];
  readonly sockets = new Set<Socket>();
  readonly #server: Server;
  #wake = () => {};

  constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  async listen(port = 0): Promise<number> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** Resolves when somebody who connected has gone. */
  async left(): Promise<void> {
    const [socket] = (await once(this.#server, 'connection')) as [Socket];
    // It may be reset: its other end left without reading.
    await new Promise((resolve) => socket.once('close', resolve));
  }

  /** Resolves when so many lines were heard. */
  async until(lines: number): Promise<readonly string[]> {
    while (this.heard.length < lines) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.heard;
  }

  #serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => {}); // the other side may hang up
    socket.on('close', () => this.sockets.delete(socket));
    socket.write('Enter password:\n\0\0');
    let rest = '';
    let isIn = false;
    socket.on('data', (bytes) => {
      const lines = (rest + bytes.toString()).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        this.heard.push(line);
        if (isIn) socket.write(`did ${line}\n\0\0`);
        else if (line === PASSWORD) socket.write('Welcome in.\n\0\0');
        isIn ||= line === PASSWORD;
      }
      this.#wake();
    });
  }
}

function open(port: number, options: object = {}, by = process.pid) {
  let shown = '';
  let wake = () => {};
  const target: ConsoleTarget = {
    host: '127.0.0.1',
    port,
    options: { secret: 'econ', accepted: 'Welcome', ...options },
    isServer: (socket) => isConnectedTo(socket, [by]),
    secret: (name) => (name === 'econ' ? PASSWORD : 'another'),
    typeLine: () => Promise.resolve(false),
    output(bytes) {
      shown += Buffer.from(bytes).toString();
      wake();
    },
  };
  const console: GameConsole = tcpConsole.open(target);
  const more = () => new Promise<void>((resolve) => (wake = resolve));
  const until = async (text: string) => {
    while (!shown.includes(text)) await more();
    return shown;
  };
  return { console, until, shown: () => shown };
}

test('lines wait for the login, and answers join the stream without NULs or password', async () => {
  const econ = new FakeEcon();
  const { console, until } = open(await econ.listen());
  try {
    const sent = console.send('status');
    assert.is(await console.send('say hi'), true);
    assert.is(await sent, true);
    assert.is(
      await until('did say hi'),
      'did status\r\n\r\ndid say hi\r\n'.replace('\r\n\r\n', '\r\n'),
    );
    assert.equal(econ.heard, [PASSWORD, 'status', 'say hi']);
  } finally {
    console.close();
    await econ.close();
  }
});

test('where the game prints the same on its terminal, nothing is shown twice', async () => {
  const econ = new FakeEcon();
  const { console, shown } = open(await econ.listen(), { output: 'ignore' });
  try {
    void console.send('one');
    await econ.until(2);
    void console.send('two');
    await econ.until(3);
    assert.is(shown(), '');
  } finally {
    console.close();
    await econ.close();
  }
});

test('a game that listens late, or hangs up, is connected to again', async () => {
  const early = new FakeEcon();
  const port = await early.listen();
  await early.close();
  const { console, until } = open(port);
  const econ = new FakeEcon();
  try {
    void console.send('first');
    await econ.listen(port);
    await until('did first');
    for (const socket of econ.sockets) socket.destroy();
    await econ.until(3);
    void console.send('second');
    await until('did second');
    assert.equal(econ.heard.filter((line) => line === PASSWORD).length, 2);
  } finally {
    console.close();
    await econ.close();
  }
});

test('a connection that never comes costs a bounded number of lines', async () => {
  const early = new FakeEcon();
  const port = await early.listen();
  await early.close();
  const { console } = open(port);
  const taken = Array.from({ length: 100 }, (_none, index) => console.send(`line ${index}`));
  console.close();
  assert.is(taken.filter(Boolean).length, 64);
});

test('a stranger that listens on the port of the server hears no password and no line', async () => {
  const stranger = new FakeEcon();
  const port = await stranger.listen();
  // The server is another process, which does not listen yet.
  const server = spawn('sh', ['-c', 'read word']);
  await once(server, 'spawn');
  const { console } = open(port, { accepted: undefined }, server.pid);
  try {
    const sent = console.send('op me');
    for (let time = 1; time <= 2; time++) await Promise.race([stranger.left(), stranger.until(1)]);
    assert.equal(stranger.heard, []);
    assert.is(await Promise.race([sent, Promise.resolve('waits')]), 'waits');
  } finally {
    console.close();
    server.kill('SIGKILL');
    await stranger.close();
  }
});

test('options that cannot work are told before anything is started', () => {
  const fault = (options: object, port: string | undefined = 'econ') =>
    tcpConsole.fault?.({ kind: 'tcp', ...(port === '' ? {} : { port }), options: { ...options } });
  assert.is(fault({}), undefined);
  assert.is(fault({}, ''), 'needs a port');
  assert.match(fault({ accepted: '(' }) ?? '', 'regular expression');
  assert.match(fault({ output: 'both' }) ?? '', 'output');
  assert.match(fault({ secret: 5 }) ?? '', 'secret');
});

test('a game without a console says so to whoever sends it a command', () => {
  const console = noConsole.open({} as ConsoleTarget);
  assert.throws(() => console.send('help'), /takes no commands/);
});

test('keys become lines: shown, corrected by backspace, arrows passed over', () => {
  const sent: string[] = [];
  let shown = '';
  const input = new LineInput(
    (line) => sent.push(line) > 0,
    (bytes) => (shown += Buffer.from(bytes).toString()),
  );
  for (const keys of [
    'sax',
    '\u007f',
    'y h\u001b[D\u001bOAi',
    '\r',
    '\r',
    'gone\u0003',
    'é\u007fok\n',
  ])
    input.type(keys);
  assert.equal(sent, ['say hi', 'ok']);
  assert.match(shown, 'sax\b \by hi\r\n\r\n');
  input.type('x'.repeat(5_000));
  input.type('\r');
  assert.is(sent.at(-1)?.length, 1024);
});

test('a line that cannot be taken is answered where it was typed', () => {
  let shown = '';
  const show = (bytes: Uint8Array) => (shown += Buffer.from(bytes).toString());
  const refusing = new LineInput(() => {
    throw new Error('This game takes no commands.');
  }, show);
  refusing.type('help\r');
  assert.match(shown, 'This game takes no commands.');
  new LineInput(() => false, show).type('help\r');
  assert.match(shown, 'does not take commands now');
});

test.run();
