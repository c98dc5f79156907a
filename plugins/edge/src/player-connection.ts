/**
 * One player's connection: reads the host name, then joins the player with that server, or says why not.
 * Guarantees: a connection that says nothing, too much or nonsense ends in time and costs a bounded buffer.
 */
import { connect, type Socket } from 'node:net';
import type { Route } from '@zlh/routing';
import { readOpening, type Handshake, type LegacyPing, type Opening } from './handshake.ts';
import { legacyStatus, offlineAnswer, refusalPacket, statusPacket } from './offline-answer.ts';
import { packet, readPacket } from './wire.ts';

export interface ConnectionDeps {
  find(host: string): Route | undefined;
  /** Starts a sleeping server. False when it is not to be woken now. */
  wake(route: Route): Promise<boolean>;
  /** The route of the same instance once it has a target; rejects when the signal aborts. */
  untilReady(route: Route, signal: AbortSignal): Promise<Route>;
  /** How long a login waits for a server that starts. */
  readonly holdMs: number;
  readonly handshakeTimeoutMs: number;
  readonly dialTimeoutMs: number;
  /** Bytes that wait for a slow reader in each direction. */
  readonly bufferBytes: number;
}

/** Sent by the client of an old version, followed by a pause in which the rest of the packet may come. */
const legacyRestMs = 300;
const maxStatusBytes = 64;
const pingId = 1;

/** Takes over the socket; `joined` is called once a server has taken the player. */
export function serveConnection(
  socket: Socket,
  deps: ConnectionDeps,
  joined: (route: Route) => void,
): void {
  let received: Buffer = Buffer.alloc(0);
  const timer = setTimeout(() => socket.destroy(), deps.handshakeTimeoutMs);
  let legacyTimer: NodeJS.Timeout | undefined;
  const stopReading = () => {
    clearTimeout(timer);
    clearTimeout(legacyTimer);
    socket.off('data', read);
    socket.pause();
  };
  const act = (opening: Opening) => {
    if (opening.kind === 'incomplete') return;
    stopReading();
    if (opening.kind === 'garbage') return void socket.destroy();
    const find = () => (opening.host === null ? undefined : deps.find(opening.host));
    const route = find();
    const offline = () => answerOffline(socket, opening, find(), received, deps);
    const join = (ready: Route) =>
      dial(socket, ready.target!, received, deps, { joined: () => joined(ready), failed: offline });
    if (route?.target) return join(route);
    if (!isLogin(opening) || !isComing(route)) return offline();
    void holdLogin(socket, route, deps).then(join, offline);
  };
  const read = (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const opening = readOpening(received);
    clearTimeout(legacyTimer);
    // The short form is the beginning of the long one.
    if (opening.kind === 'legacy-ping' && opening.host === null && received.length < 3)
      legacyTimer = setTimeout(() => act(opening), legacyRestMs);
    else act(opening);
  };
  socket.on('error', () => {}); // 'close' follows
  socket.once('close', stopReading);
  socket.on('data', read);
}

const comingStates = ['asleep', 'starting', 'running'];

/** Whether the server may become ready soon; of an unknown name it does not. */
export function isComing(route: Route | undefined): route is Route {
  return route !== undefined && route.speaksTcp && comingStates.includes(route.state);
}

/** A server list never waits, and wakes nobody. */
const isLogin = (opening: Handshake | LegacyPing) =>
  opening.kind === 'handshake' && opening.intent === 'login';

/** Rejects when the server does not become ready in time, cannot be woken, or when the player leaves. */
async function holdLogin(
  socket: Socket,
  route: Route,
  { wake, untilReady, holdMs }: ConnectionDeps,
): Promise<Route> {
  const left = new AbortController();
  const onClose = () => left.abort();
  socket.once('close', onClose);
  try {
    if (route.state === 'asleep' && !(await wake(route))) throw new Error('It stays asleep.');
    return await untilReady(route, AbortSignal.any([left.signal, AbortSignal.timeout(holdMs)]));
  } finally {
    socket.off('close', onClose);
  }
}

function dial(
  player: Socket,
  target: { readonly host: string; readonly port: number },
  first: Buffer,
  { dialTimeoutMs, bufferBytes }: ConnectionDeps,
  on: { joined(): void; failed(): void },
): void {
  const options = { ...target, noDelay: true, highWaterMark: bufferBytes };
  const server = connect(options);
  const timer = setTimeout(() => server.destroy(), dialTimeoutMs);
  let isJoined = false;
  server.once('connect', () => {
    clearTimeout(timer);
    isJoined = true;
    server.write(first);
    player.pipe(server).pipe(player);
    on.joined();
  });
  server.on('error', () => {}); // 'close' follows
  server.once('close', () => {
    clearTimeout(timer);
    if (!isJoined && !player.destroyed) on.failed();
    else player.destroySoon();
  });
  player.once('close', () => server.destroy());
}

function answerOffline(
  socket: Socket,
  opening: Handshake | LegacyPing,
  route: Route | undefined,
  received: Buffer,
  { handshakeTimeoutMs }: ConnectionDeps,
): void {
  if (socket.destroyed) return;
  const answer = offlineAnswer(route);
  if (opening.kind === 'legacy-ping') return void socket.end(legacyStatus(answer));
  if (opening.intent === 'login') return endSoftly(socket, refusalPacket(answer));
  const timer = setTimeout(() => socket.destroy(), handshakeTimeoutMs);
  socket.once('close', () => clearTimeout(timer));
  answerStatus(socket, opening, received.subarray(opening.length), (protocol) =>
    statusPacket(answer, protocol),
  );
}

/** A status request is answered with the status, a ping with the same ping, and that ends the connection. */
function answerStatus(
  socket: Socket,
  { protocol }: Handshake,
  rest: Buffer,
  status: (protocol: number) => Buffer,
): void {
  let waiting = rest;
  let told = false;
  const serve = () => {
    try {
      for (let next = readPacket(waiting, maxStatusBytes); next !== undefined;) {
        waiting = waiting.subarray(next.length);
        if (next.id === pingId) return void socket.end(packet(pingId, next.body));
        if (next.id !== 0 || told) return void socket.destroy();
        told = true;
        socket.write(status(protocol));
        next = readPacket(waiting, maxStatusBytes);
      }
    } catch {
      socket.destroy(); // no packet of a status exchange
    }
  };
  socket.on('data', (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk]);
    serve();
  });
  serve();
  socket.resume();
}

/** A client that is still writing must have read the last word before the connection is reset. */
function endSoftly(socket: Socket, last: Buffer): void {
  socket.end(last);
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), 2_000);
  socket.once('close', () => clearTimeout(timer));
}
