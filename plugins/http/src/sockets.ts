/**
 * WebSockets: an upgrade goes through the router like any request, so the same gate and the same problems
 * answer it, and only then is the connection handed over.
 */
import { ServerResponse, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from '@zlh/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { WebSocketServer } from 'ws';
import type { SocketDefinition } from './index.ts';
import type { LongLived } from './long-lived.ts';
import { Problem } from './problem.ts';

const handshake = Symbol('handshake');

interface Handshake {
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly response: ServerResponse;
}
type Upgrading = IncomingMessage & { [handshake]?: Handshake };
// oxlint-disable-next-line typescript/no-explicit-any -- sockets of every shape are handled alike
type AnySocket = SocketDefinition<any>;

/** Largest message a viewer may send; more closes the connection with 1009. */
const maxPayload = 256 * 1024;

/** Only for a real WebSocket is the connection taken from the HTTP server. */
export const shouldUpgradeCallback = (request: IncomingMessage) =>
  request.headers.upgrade?.toLowerCase() === 'websocket';

export const upgrades = fastifyPlugin(async (app) => {
  app.server.on('upgrade', (request: Upgrading, socket, head) => {
    socket.on('error', () => socket.destroy());
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket as never);
    response.on('finish', () => socket.end());
    request[handshake] = { socket, head, response };
    app.routing(request, response);
  });
});

/** The connection of an upgrade, for whoever answers it; undefined for an ordinary request. */
export function takeUpgrade(request: Upgrading): Omit<Handshake, 'response'> | undefined {
  const upgrade = request[handshake];
  upgrade?.response.detachSocket(upgrade.socket as never);
  return upgrade;
}

export function createSocketHandler(longLived: LongLived, log: Logger) {
  const upgrader = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload,
  });

  return (definition: AnySocket) => async (request: FastifyRequest, reply: FastifyReply) => {
    const upgrade = (request.raw as Upgrading)[handshake];
    if (upgrade === undefined) {
      reply.header('upgrade', 'websocket');
      throw new Problem(
        426,
        'http.upgrade-required',
        'This address is a WebSocket: connect with ws:// or wss://.',
      );
    }
    await definition.before?.(request as never);
    // From here to the open socket nothing waits, so a hundred at once cannot all find the last place.
    longLived.assertRoom(request);
    reply.hijack();
    upgrade.response.detachSocket(upgrade.socket as never);
    upgrader.handleUpgrade(request.raw, upgrade.socket, upgrade.head, (socket) => {
      socket.on('error', (error) =>
        log.debug({ err: error, requestId: request.id }, 'a WebSocket broke'),
      );
      longLived.addSocket(request, socket, definition.access, () =>
        definition.before?.(request as never),
      );
      try {
        definition.open(socket, request as never);
      } catch (error) {
        log.error(
          { err: error, requestId: request.id, route: definition.url },
          'a WebSocket could not be opened for a reason of ours',
        );
        socket.close(1011, `Something went wrong on our side (request ${request.id}).`);
      }
    });
  };
}
