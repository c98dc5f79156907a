/**
 * Hands a request to the plugin that takes its host. Guarantees: a fault of the plugin ends this request
 * alone.
 */
import type { Logger } from '@zlh/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HostTaken } from './hosts.ts';
import { takeUpgrade } from './sockets.ts';

const failed = JSON.stringify({
  type: 'about:blank',
  title: 'Internal Server Error',
  status: 500,
  code: 'http.internal',
  detail: 'Something went wrong on our side. Try again.',
});

export function handOver(
  { plugin, route }: HostTaken,
  { raw: request }: FastifyRequest,
  reply: FastifyReply,
  log: Logger,
): void {
  reply.hijack();
  const response = reply.raw;
  const tell = (err: unknown) => log.error({ err, of: plugin }, 'a route of a host failed');
  const upgrade = takeUpgrade(request);
  if (upgrade === undefined) {
    settle(() => route.handle(request, response)).catch((error: unknown) => {
      tell(error);
      if (response.headersSent) return response.destroy();
      response.writeHead(500, { 'content-type': 'application/problem+json' }).end(failed);
    });
    return;
  }
  const { socket, head } = upgrade;
  if (route.upgrade === undefined)
    return void socket.end('HTTP/1.1 426 Upgrade Required\r\nConnection: close\r\n\r\n');
  settle(() => route.upgrade!(request, socket, head)).catch((error: unknown) => {
    tell(error);
    socket.destroy();
  });
}

/** A throw and a rejection are one. */
const settle = async (work: () => void | Promise<void>): Promise<void> => work();
