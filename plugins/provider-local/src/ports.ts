/** Ports of this machine: taken in the database first, so that two platforms never hand out the same one. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { EntityManager } from '@zlh/database';
import { CodedError } from '@zlh/kernel';

export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** The lowest port of the range that is neither given away nor in use; it belongs to the instance from now on. */
export async function takePort(
  em: EntityManager,
  wanted: {
    readonly machine: string;
    readonly instanceId: string;
    readonly name: string;
    readonly host: string;
    readonly range: PortRange;
  },
): Promise<number> {
  const { machine, instanceId, name, host, range } = wanted;
  const [own] = await em.execute<{ port: number }[]>(
    'select port from provider_local_port where instance_id = ? and name = ?',
    [instanceId, name],
  );
  if (own !== undefined) return own.port;
  const taken = await em.execute<{ port: number }[]>(
    'select port from provider_local_port where machine = ?',
    [machine],
  );
  const given = new Set(taken.map(({ port }) => port));
  for (let port = range.from; port <= range.to; port++) {
    if (given.has(port) || !(await isFree(host, port))) continue;
    const rows = await em.execute<unknown[]>(
      'insert into provider_local_port (machine, port, instance_id, name) values (?, ?, ?, ?) on conflict do nothing returning port',
      [machine, port, instanceId, name],
    );
    if (rows.length > 0) return port;
  }
  throw new CodedError(
    'PROVIDER_LOCAL_NO_PORT',
    `No port between ${range.from} and ${range.to} is free.`,
    'Delete an instance, or widen the range in the settings of provider-local.',
  );
}

/** Free for TCP and UDP alike: many games use both. */
async function isFree(host: string, port: number): Promise<boolean> {
  const server = createServer();
  const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4' });
  try {
    server.listen({ host, port, exclusive: true });
    await once(server, 'listening');
    socket.bind({ port, address: host, exclusive: true });
    await once(socket, 'listening');
    return true;
  } catch {
    return false; // in use, or not ours to use
  } finally {
    server.close();
    socket.close();
  }
}
