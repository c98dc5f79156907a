/** Players reach ready servers by name at the edge's port, or read why not; nobody else gets through. */
import { EventEmitter, once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Logger } from '@zlh/kernel';
import type { Route, RouteSet, Routing } from '@zlh/routing';
import { Value } from 'typebox/value';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Edge } from './edge.ts';
import { Listening } from './listening.ts';
import { settings, type Settings } from './settings.ts';
import { handshake, legacyPing, statusRequest } from './testing/client-packets.ts';
import { packet, readPacket, readVarint } from './wire.ts';

const log = { debug: () => {} } as unknown as Logger;
const ended: (() => Promise<unknown> | void)[] = [];
test.after.each(async () => {
  for (const end of ended.splice(0).reverse()) await end();
});

class FixedRouting implements Routing {
  readonly domain = 'example.org';
  current: RouteSet = { revision: 1, routes: [] };
  readonly #changes = new EventEmitter();

  async changed(since: number, signal: AbortSignal): Promise<RouteSet> {
    while (this.current.revision === since) await once(this.#changes, 'change', { signal });
    return this.current;
  }
  subscribe(listener: (set: RouteSet) => void): () => void {
    this.#changes.on('change', listener);
    return () => this.#changes.off('change', listener);
  }
  hostsOf(): readonly string[] {
    return [];
  }
  ownerOfPort(port: number): string | undefined {
    return this.owners.get(port);
  }
  readonly owners = new Map<number, string>();
  async wake(instanceId: string): Promise<boolean> {
    this.woken.push(instanceId);
    return this.wakes;
  }
  readonly woken: string[] = [];
  wakes = true;
  set(...routes: readonly Route[]): void {
    this.current = { revision: this.current.revision + 1, routes };
    this.#changes.emit('change', this.current);
  }
}

const route = (name: string, state: string, port?: number): Route => ({
  instanceId: name,
  name,
  hosts: [`${name}.example.org`],
  state,
  speaksTcp: true,
  target: port === undefined ? null : { host: '127.0.0.1', port },
});

async function open(some: Partial<Settings> = {}): Promise<{ edge: Edge; routing: FixedRouting }> {
  const routing = new FixedRouting();
  const config = {
    ...(Value.Default(settings, {}) as Settings),
    host: '127.0.0.1',
    port: 0,
    ...some,
  };
  const edge = new Edge({ config, log, routing });
  await edge.start();
  ended.push(() => edge.stop());
  return { edge, routing };
}

/** A game server that answers with its name and what it was sent. */
async function serve(
  name: string,
  answer: (socket: Socket, got: Buffer) => void = (socket, got) =>
    void socket.write(Buffer.concat([Buffer.from(`${name}:`), got])),
): Promise<number> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {}); // the edge may hang up
    socket.on('data', (chunk: Buffer) => answer(socket, chunk));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ended.push(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function player(edge: Edge, first?: Buffer): Promise<Socket> {
  const socket = connect(edge.port!, '127.0.0.1');
  socket.on('error', () => {}); // its last words count
  ended.push(() => void socket.destroy());
  await once(socket, 'connect');
  if (first !== undefined) socket.write(first);
  return socket;
}

const heard = async (socket: Socket) => ((await once(socket, 'data')) as [Buffer])[0];

async function everything(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'close');
  return Buffer.concat(chunks);
}

function textOf(bytes: Buffer): unknown {
  const { body } = readPacket(bytes, 4096)!;
  return JSON.parse(body.toString('utf8', readVarint(body, 0)!.next));
}

test('a player reaches the server whose name the client says, handshake included', async () => {
  const { edge, routing } = await open();
  routing.set(route('a', 'running', await serve('a')), route('b', 'running', await serve('b')));
  for (const name of ['a', 'b']) {
    const first = handshake(`${name}.example.org`);
    const socket = await player(edge);
    socket.write(first.subarray(0, 3));
    socket.write(first.subarray(3));
    assert.equal(await heard(socket), Buffer.concat([Buffer.from(`${name}:`), first]));
    socket.write('more');
    assert.is((await heard(socket)).toString(), `${name}:more`);
  }
  assert.is(edge.connections, 2);
});

test('the list says in which state a server is, and a login says what to do', async () => {
  const { edge, routing } = await open();
  routing.set(route('a', 'provisioning'), route('b', 'stopped'));
  for (const [host, motd, advice] of [
    ['a.example.org', 'a is being set up', 'a is being set up. Try again in a minute.'],
    ['b.example.org', 'b is stopped', 'b is stopped. Ask its owner to start it.'],
    [
      'c.example.org',
      'No server has this name',
      'No server has this name. Check the address that you were given.',
    ],
  ] as const) {
    const socket = await player(
      edge,
      Buffer.concat([handshake(host, { intent: 1, protocol: 47 }), statusRequest]),
    );
    assert.equal(textOf(await heard(socket)), {
      version: { name: 'offline', protocol: 47 },
      players: { max: 0, online: 0 },
      description: { text: motd },
    });
    const ping = packet(1, Buffer.from('12345678'));
    socket.write(ping);
    assert.equal(await everything(socket), ping);
    const login = await player(
      edge,
      Buffer.concat([handshake(host), packet(0, Buffer.from('\u0003Bob'))]),
    );
    assert.equal(textOf(await everything(login)), { text: advice });
  }
});

test('clients before 1.7 see the state, too', async () => {
  const { edge, routing } = await open();
  routing.set(route('a', 'stopped'));
  const answer = await everything(await player(edge, legacyPing('a.example.org')));
  assert.is(answer[0], 0xff);
  assert.match(Buffer.from(answer.subarray(3)).swap16().toString('utf16le'), 'a is stopped');
  const old = await everything(await player(edge, Buffer.from([0xfe, 0x01])));
  assert.match(
    Buffer.from(old.subarray(3)).swap16().toString('utf16le'),
    'No server has this name',
  );
});

test('a route is in force as soon as it is set, and for nobody once it is gone', async () => {
  const { edge, routing } = await open();
  const port = await serve('a');
  routing.set(route('a', 'running', port));
  const playing = await player(edge, handshake('a.example.org'));
  await heard(playing);
  routing.set(route('a', 'stopping'));
  const late = await everything(await player(edge, handshake('a.example.org')));
  assert.match((textOf(late) as { text: string }).text, 'a is stopping');
  playing.write('still here');
  assert.is((await heard(playing)).toString(), 'a:still here');
  assert.is(edge.revision, routing.current.revision);
});

test('a server that does not accept is unreachable to its player at once', async () => {
  const { edge, routing } = await open();
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  routing.set(route('a', 'error', port));
  const answer = await everything(await player(edge, handshake('a.example.org')));
  assert.match((textOf(answer) as { text: string }).text, 'a cannot be reached');
});

test('the end of one side is the end of the other, after its last words', async () => {
  const { edge, routing } = await open();
  const port = await serve('a', (socket) => void socket.end('last words'));
  routing.set(route('a', 'running', port));
  const said = await everything(await player(edge, handshake('a.example.org')));
  assert.is(said.toString(), 'last words');
});

test('silence, nonsense and a crowd from one address end', async () => {
  const { edge } = await open({ handshakeTimeoutMs: 100, maxPerAddress: 3 });
  for (const bytes of [
    undefined,
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.from([0x10]),
    Buffer.alloc(5_000, 0x80),
  ])
    assert.is((await everything(await player(edge, bytes))).length, 0);
  const crowd = await Promise.all(Array.from({ length: 6 }, () => player(edge)));
  await Promise.all(
    crowd.map((socket) => (socket.closed ? Promise.resolve() : once(socket, 'close'))),
  );
  while (edge.connections > 0) await setImmediate(); // the edge sees each end a little later
  const asks = handshake('a.example.org', { intent: 1 });
  const slow = await player(edge, asks); // never asks for the status
  assert.is((await everything(slow)).length, 0);
});

test('a port that another program has is said once, and taken when it is free', async () => {
  const other = createServer();
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const routing = new FixedRouting();
  const config = { ...(Value.Default(settings, {}) as Settings), host: '127.0.0.1', port };
  const warnings: string[] = [];
  const spoken = Promise.withResolvers<void>();
  const told = {
    warn: (line: string) => void warnings.push(line),
    info: () => spoken.resolve(),
  } as unknown as Logger;
  const edge = new Edge({ config, log: told, routing });
  const listening = new Listening({ edge, routing, config, log: told }, 10);
  await listening.begin();
  ended.push(() => listening.end());
  assert.is(listening.startLine(), undefined);
  assert.equal(warnings, [
    `Another program has port ${port}, so players cannot join by host name. End that program, or set ZLH_EDGE_PORT. Trying again until it works.`,
  ]);
  other.close();
  await spoken.promise;
  assert.equal(listening.startLine(), { label: 'Players', text: `<server>.example.org:${port}` });
  assert.is(warnings.length, 1);
});

test('a login wakes a sleeping server once, waits for it, and joins it; a server list wakes nobody', async () => {
  const { edge, routing } = await open();
  routing.set(route('a', 'asleep'));
  const list = await player(
    edge,
    Buffer.concat([handshake('a.example.org', { intent: 1 }), statusRequest]),
  );
  const { description } = textOf(await heard(list)) as { description: unknown };
  assert.equal(description, { text: 'a is asleep. Join to wake it.' });
  assert.equal(routing.woken, []);
  const first = handshake('a.example.org');
  const socket = await player(edge, first);
  while (routing.woken.length === 0) await setImmediate();
  routing.set(route('a', 'starting'));
  const late = await player(edge, first);
  while (edge.connections < 3) await setImmediate();
  const port = await serve('a');
  const answers = [heard(socket), heard(late)];
  routing.set(route('a', 'running', port));
  for (const answer of await Promise.all(answers))
    assert.equal(answer, Buffer.concat([Buffer.from('a:'), first]));
  assert.equal(routing.woken, ['a']);
});

test('a server that does not come up is refused in words, at once or when the wait is over', async () => {
  const { edge, routing } = await open({ holdMs: 200 });
  const refusal = async () => {
    const answer = await everything(await player(edge, handshake('a.example.org')));
    return (textOf(answer) as { text: string }).text;
  };
  routing.set(route('a', 'starting'));
  assert.is(await refusal(), 'a is starting. Try again in a moment.');
  const waiting = refusal();
  while (edge.connections === 0) await setImmediate();
  routing.set(route('a', 'crashed'));
  assert.is(await waiting, 'a has crashed. Its owner can see why in the portal.');
  routing.set(route('a', 'asleep'));
  routing.wakes = false;
  assert.is(await refusal(), 'a is asleep. Ask its owner to start it.');
});

test('a port that belongs to a server stays its own', async () => {
  const routing = new FixedRouting();
  routing.owners.set(25_565, 'Skyblock');
  const config = { ...(Value.Default(settings, {}) as Settings), host: '127.0.0.1' };
  const warnings: string[] = [];
  const heardBy = { warn: (line: string) => void warnings.push(line) } as unknown as Logger;
  const edge = new Edge({ config, log: heardBy, routing });
  const listening = new Listening({ edge, routing, config, log: heardBy });
  await listening.begin();
  await listening.end();
  assert.equal(warnings, [
    'The server "Skyblock" has port 25565, so players cannot join by host name. Set ZLH_EDGE_PORT to another port. Trying again until it works.',
  ]);
});

test.run();
