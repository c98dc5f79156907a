/**
 * The way in for reverse proxies of this machine: a unix socket. Games reach the loopback address as a proxy does, and
 * this file they do not. Guarantees: X-Forwarded-… headers are believed because of the socket that they came through.
 */
import { chownSync, readFileSync } from 'node:fs';
import { createServer, type Server, type ServerOptions } from 'node:http';
import { listenOnUnixSocket } from '@zlh/kernel';
import type { FastifyInstance } from 'fastify';
import { errors } from './errors.ts';
import { markAsProxy } from './trust.ts';

export interface ProxySocket {
  readonly path: string;
  /** Name or number of the group whose members may connect, besides the platform's own user. */
  readonly group: string | undefined;
}

/** Serves the same routes as `app` does on its own address. */
export async function listenForProxies(
  app: FastifyInstance,
  options: ServerOptions,
  { path, group }: ProxySocket,
): Promise<Server> {
  const server = createServer(options, (request, response) => app.routing(request, response));
  server.keepAliveTimeout = app.server.keepAliveTimeout;
  server.on('connection', markAsProxy);
  for (const event of ['upgrade', 'clientError'])
    server.on(event, (...args: unknown[]) => app.server.emit(event, ...args));
  await listenOnUnixSocket(server, path, group === undefined ? 0o600 : 0o660);
  if (group !== undefined) chownSync(path, process.geteuid!(), groupId(group));
  return server;
}

function groupId(group: string): number {
  if (/^\d+$/.test(group)) return Number(group);
  const line = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .find((each) => each.startsWith(`${group}:`));
  if (line === undefined) throw errors.unknownGroup(group);
  return Number(line.split(':')[2]);
}
