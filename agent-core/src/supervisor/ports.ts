/**
 * Looks whether the ports of a spec can be listened on, before a game is launched only to fail. It is
 * a courtesy, not a reservation: between look and launch another program may still take one.
 */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { CodedError } from '@zlh/kernel';
import type { PortSpec } from '../contract/spec.ts';

/** Throws `AGENT_PORT_TAKEN` naming the first port in use; other troubles are the game's to report. */
export async function assertPortsFree(ports: readonly PortSpec[]): Promise<void> {
  for (const spec of ports) {
    const error = await (spec.protocol === 'tcp' ? tryTcp(spec) : tryUdp(spec));
    if (error?.code !== 'EADDRINUSE') continue;
    throw new CodedError(
      'AGENT_PORT_TAKEN',
      `Port ${spec.port}/${spec.protocol} ("${spec.name}") is in use by another program.`,
      'End that program or give this server another port, then start again.',
    );
  }
}

function tryTcp({ host, port }: PortSpec): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

function tryUdp({ host, port }: PortSpec): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', (error) => {
      socket.close();
      resolve(error);
    });
    socket.bind({ port, address: host, exclusive: true }, () =>
      socket.close(() => resolve(undefined)),
    );
  });
}
