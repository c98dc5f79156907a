/**
 * Stands between the network and flying-squid, which trusts its clients: a frame of negative length
 * stops it for good, a forged block position makes it generate land without end, and an exception
 * in one packet handler ends the process.
 *
 * Promises: what one client sends costs at most that client its connection. Limits follow vanilla's
 * where it has one.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { unzipSync } from 'node:zlib';
import { fault } from './log.js';
import { Decompressor, Serializer, Splitter } from './squid.js';

const MAX_FRAME = 2 ** 21 - 1;
const MAX_UNCOMPRESSED = 2 ** 21;
const MAX_QUEUED_PACKETS = 4000;
const MAX_CHAT = 256;
const REACH = 8;
const MAX_STEP = 100;
const WORLD_BORDER = 3e7;
const PACKETS_PER_SECOND = 500;
const SPARE_CONNECTIONS = 64;
const MAX_TIMERS = 32;
const LEGACY_PING = 0xfe;

/** Replaces framing: lengths are three bytes at most, and nothing is buffered beyond one frame. */
Splitter.prototype._transform = function split(chunk, _encoding, done) {
  this.buffer = this.buffer.length === 0 ? chunk : Buffer.concat([this.buffer, chunk]);
  if (this.recognizeLegacyPing && this.buffer[0] === LEGACY_PING) {
    const payload = this.buffer.subarray(1, 2);
    this.buffer = Buffer.alloc(0);
    this.push(Buffer.from([LEGACY_PING, 0x01, payload[0] ?? 0]));
    return done();
  }
  for (;;) {
    const frame = readFrame(this.buffer);
    if (frame === undefined) return done();
    if (frame === null) return done(new Error('frame of impossible length'));
    this.buffer = this.buffer.subarray(frame.end);
    this.push(frame.data);
  }
};

/** The next frame; undefined while incomplete, null when its length is not acceptable. */
function readFrame(buffer) {
  let length = 0;
  for (let i = 0; i < 3; i++) {
    if (i >= buffer.length) return undefined;
    length |= (buffer[i] & 0x7f) << (7 * i);
    if (buffer[i] & 0x80) continue;
    if (length === 0 || length > MAX_FRAME) return null;
    const end = i + 1 + length;
    return buffer.length < end ? undefined : { data: buffer.subarray(i + 1, end), end };
  }
  return null;
}

/** Replaces decompression: the size is bounded before memory is taken, and a fault is an error. */
Decompressor.prototype._transform = function inflate(chunk, _encoding, done) {
  let size = 0;
  let i = 0;
  for (; i < 5 && i < chunk.length; i++) {
    size |= (chunk[i] & 0x7f) << (7 * i);
    if (!(chunk[i] & 0x80)) break;
  }
  const body = chunk.subarray(i + 1);
  if (size === 0) return done(null, body);
  if (size < 0 || size > MAX_UNCOMPRESSED)
    return done(new Error('packet too large when uncompressed'));
  try {
    return done(null, unzipSync(body, { maxOutputLength: size, finishFlush: 2 }));
  } catch (problem) {
    return done(problem);
  }
};

/** Replaces writing: a packet that cannot be written is left out, where it used to end the whole stream. */
Serializer.prototype._transform = function serialize(packet, _encoding, done) {
  let bytes;
  try {
    bytes = this.createPacketBuffer(packet);
  } catch (problem) {
    fault(`Left out a packet "${packet.name}"`, problem);
    return done();
  }
  return done(null, bytes);
};

/**
 * Guards every connection of the server. `admit(name)` answers a reason to refuse a player of that
 * name, or undefined.
 */
export function guard(serv, { maxPlayers, admit }) {
  const { socketServer } = serv._server;
  serv.removeAllListeners('clientError'); // Logged by onClientError.
  socketServer.maxConnections = maxPlayers + SPARE_CONNECTIONS;
  serv._server.prependListener('connection', (client) => guardClient(client, admit));
}

/** Whose packet is being handled, through everything that follows from it. */
const origin = new AsyncLocalStorage();

function guardClient(client, admit) {
  const emit = client.emit;
  const write = client.write;
  const rate = { since: Date.now(), count: 0 };
  client.timers = new Set();
  client.emit = (event, ...args) => {
    if (event === 'end') return leave(client, emit, args);
    if (client.dropped) return false;
    try {
      if (event === 'packet' && tooFast(rate)) throw new Error('too many packets');
      if (!acceptable(client, event, args[0], admit)) return false;
      return origin.run(client, () => emit.call(client, event, ...args));
    } catch (problem) {
      fault(`Lost a packet of ${nameOf(client)}`, problem);
      drop(client, 'Invalid packet');
      return false;
    }
  };
  client.write = (name, params) => {
    if (client.gone) return writtenToNobody(client);
    if (client.serializer.writableLength > MAX_QUEUED_PACKETS) return drop(client, 'Too slow');
    return write.call(client, name, params);
  };
}

/** Ends what a player who left had set in motion: chunks being sent, a login half done. */
export class ClientGone extends Error {
  name = 'ClientGone';
  message = 'the player has left';
}

function writtenToNobody(client) {
  if (origin.getStore() === client) throw new ClientGone();
}

function leave(client, emit, args) {
  for (const timer of client.timers) clearInterval(timer);
  try {
    return emit.call(client, 'end', ...args);
  } catch (problem) {
    fault(`Leaving of ${nameOf(client)}`, problem);
    return true;
  } finally {
    client.gone = true;
  }
}

/** flying-squid starts timers for players and forgets them: each belongs to its client and ends with it. */
export function ownTimers() {
  const { setInterval: start, clearInterval: stop } = globalThis;
  const owners = new WeakMap();
  globalThis.setInterval = (...args) => {
    const client = origin.getStore();
    if (client?.gone) throw new ClientGone();
    const timer = start(...args);
    if (!client) return timer;
    owners.set(timer, client);
    client.timers.add(timer);
    if (client.timers.size > MAX_TIMERS) drop(client, 'Too many actions at once');
    return timer;
  };
  globalThis.clearInterval = (timer) => {
    owners.get(Object(timer))?.timers.delete(timer);
    stop(timer);
  };
}

/** Ends a connection for good: nothing more of it is read, and it has a moment to see why. */
export function drop(client, reason) {
  if (client.dropped) return;
  client.dropped = true;
  client.socket.unpipe();
  client.socket.resume();
  client.end(reason);
  setTimeout(() => client.socket.destroy(), 250).unref();
}

/** Answer to errors that minecraft-protocol found itself. */
export function onClientError(client, problem) {
  if (problem.syscall) return drop(client, 'Disconnected');
  fault(`Connection of ${nameOf(client)}`, problem);
  drop(client, 'Invalid packet');
}

function nameOf(client) {
  return client.player?.username ?? client.socket?.remoteAddress ?? 'a client';
}

function tooFast(rate) {
  const now = Date.now();
  if (now - rate.since > 1000) {
    rate.since = now;
    rate.count = 0;
  }
  rate.count += 1;
  return rate.count > PACKETS_PER_SECOND;
}

/** False to ignore a packet; throws to end the connection. */
function acceptable(client, event, packet, admit) {
  switch (event) {
    case 'login_start':
      return admitted(client, packet, admit);
    case 'position':
    case 'position_look':
      return moved(client, packet);
    case 'block_dig':
      return packet.status > 2 || reaches(client, packet.location);
    case 'block_place':
      return reaches(client, packet.location);
    case 'chat':
    case 'chat_message':
      if (typeof packet.message !== 'string' || packet.message.length > MAX_CHAT)
        throw new Error('chat message too long');
      return packet.message !== '' && client.player !== undefined;
    default:
      return true;
  }
}

function admitted(client, packet, admit) {
  const refusal = admit(packet.username);
  if (refusal === undefined) return true;
  drop(client, refusal);
  return false;
}

function moved(client, { x, y, z }) {
  for (const value of [x, y, z]) {
    if (!Number.isFinite(value) || Math.abs(value) > WORLD_BORDER)
      throw new Error('moved to an impossible place');
  }
  const player = client.player;
  if (!player?.loadedChunks) return false;
  const { position } = player;
  if (
    Math.hypot(x - position.x, z - position.z) <= MAX_STEP &&
    Math.abs(y - position.y) <= 4 * MAX_STEP
  )
    return true;
  player.sendSelfPosition();
  return false;
}

function reaches(client, place) {
  const position = client.player?.position;
  if (!position || !place) return false;
  const distance = Math.hypot(place.x - position.x, place.y - position.y, place.z - position.z);
  return distance <= REACH;
}
