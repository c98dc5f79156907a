/**
 * Ports of this machine: free at the moment they are given, and reserved from then on, so that neither an instance of
 * another platform nor one that is stopped now loses its port to a later one.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { EntityManager } from '@zlh/database';
import { CodedError } from '@zlh/kernel';
import type { Holder, Reservations } from './reservations.ts';

export interface PortRange {
  readonly from: number;
  readonly to: number;
}

export interface PortWish {
  readonly holder: Holder;
  /** The game's own name of the port. */
  readonly name: string;
  readonly host: string;
  readonly range: PortRange;
}

/** The instance's port of that name: the one it has, else the lowest of the range that nobody has and nobody uses. */
export async function takePort(
  em: EntityManager,
  reservations: Reservations,
  wish: PortWish,
): Promise<number> {
  const { holder, name, host, range } = wish;
  const own = await portOf(em, holder.instanceId, name);
  if (own !== undefined) return own;
  const taken = await em.execute<{ port: number }[]>(
    'select port from provider_local_port where machine = ?',
    [holder.homeId],
  );
  const given = new Set(taken.map((row) => row.port));
  for (let port = range.from; port <= range.to; port++) {
    // Others' ports are not even tried: at this moment their owner may want to listen.
    if (given.has(port) || !reservations.take(`port-${port}`, holder)) continue;
    const rows = (await isFree(host, port))
      ? await em.execute<unknown[]>(
          'insert into provider_local_port (machine, port, instance_id, name) values (?, ?, ?, ?) on conflict do nothing returning port',
          [holder.homeId, port, holder.instanceId, name],
        )
      : [];
    if (rows.length > 0) return port;
    reservations.release(`port-${port}`, holder);
  }
  throw new CodedError(
    'PROVIDER_LOCAL_NO_PORT',
    `No port between ${range.from} and ${range.to} is free.`,
    'Delete an instance, or widen the range in the settings of provider-local.',
  );
}

/** The same while nothing of the instance listens: a port that somebody else uses is given up for another one. */
export async function takeUsablePort(
  em: EntityManager,
  reservations: Reservations,
  wish: PortWish,
): Promise<number> {
  const { instanceId } = wish.holder;
  const own = await portOf(em, instanceId, wish.name);
  if (own !== undefined && !(await isFree(wish.host, own))) {
    await em.execute('delete from provider_local_port where instance_id = ? and name = ?', [
      instanceId,
      wish.name,
    ]);
    reservations.release(`port-${own}`, wish.holder);
  }
  return takePort(em, reservations, wish);
}

export async function portOf(
  em: EntityManager,
  instanceId: string,
  name: string,
): Promise<number | undefined> {
  const [row] = await em.execute<{ port: number }[]>(
    'select port from provider_local_port where instance_id = ? and name = ?',
    [instanceId, name],
  );
  return row?.port;
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
    const closed = server.listening ? once(server, 'close') : undefined;
    server.close();
    socket.close();
    await closed;
  }
}
