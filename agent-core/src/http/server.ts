/**
 * The agent's HTTP server: authorises before anything else, validates, answers problems as
 * problem+json. Kept lean: no default validators or serialisers are loaded.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { fastify, type FastifyInstance } from 'fastify';
import { listenForPeers, peerAddress, serverTls, type Logger } from '@zlh/kernel';
import type { PeerCredentials } from '../lib/peer-request.ts';
import type { AgentRouteModule } from '../contract/points.ts';
import { bearerCheck } from './auth.ts';
import type { ConsoleSockets } from './console-socket.ts';
import { refusals, toProblem } from './problem.ts';
import { addRoutes, type RouteServices } from './routes.ts';
import { validatorCompiler } from './validation.ts';

export interface AgentServerOptions {
  readonly credentials: PeerCredentials;
  readonly services: RouteServices;
  readonly sockets: ConsoleSockets;
  readonly modules: readonly AgentRouteModule[];
  readonly log: Logger;
}

const BODY_LIMIT = 65_536;

export interface AgentServer {
  readonly app: FastifyInstance;
  /** Answers the address, with the port that was taken. */
  listen(): Promise<string>;
  close(): Promise<void>;
}

export async function createAgentServer(
  options: AgentServerOptions,
  address: string,
): Promise<AgentServer> {
  const { credentials, services, sockets, modules, log } = options;
  const authorised = bearerCheck(credentials.token);
  const app = fastify({
    ...tlsOf(address, credentials),
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: true,
    schemaController: {
      compilersFactory: {
        buildValidator: () => validatorCompiler as never,
        buildSerializer: () => () => (value: unknown) => JSON.stringify(value),
      },
    },
  });
  app.addHook('onRequest', async (request) => {
    if (request.url !== '/health' && !authorised(request.headers.authorization))
      throw refusals.unauthorized();
  });
  app.setErrorHandler((error, _request, reply) => {
    const problem = toProblem(error);
    // Fastify would hang up on whoever still sends, who then never reads why.
    if (problem.status === 413) reply.removeHeader('connection');
    if (problem.status >= 500) log.error({ err: error }, 'a request failed');
    return reply
      .code(problem.status)
      .type('application/problem+json')
      .send(JSON.stringify(problem));
  });
  app.setNotFoundHandler(() => {
    throw refusals.notFound();
  });
  addRoutes(app, services);
  for (const module of modules) await app.register(async (scope) => module(scope));
  app.server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    if (!authorised(request.headers.authorization)) refuse(socket, '401 Unauthorized');
    else if (pathOf(request) === '/console') sockets.accept(request, socket, head);
    else refuse(socket, '404 Not Found');
  });
  return {
    app,
    async listen() {
      await app.ready();
      return listenForPeers(app.server, address);
    },
    close: async () => {
      sockets.close();
      await app.close();
    },
  };
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?', 1)[0]!;
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** Over a network only the platform has the key; on one machine the socket's folder keeps others out. */
function tlsOf(address: string, { instanceId, key }: PeerCredentials) {
  if (peerAddress(address).kind === 'unix') return {};
  return { https: serverTls((identity) => (identity === instanceId ? key() : null)) };
}
