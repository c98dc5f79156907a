/**
 * Whose X-Forwarded-… headers are believed. Guarantees: only peers of the proxies' unix socket, and addresses that the host
 * named, can say in whose name they ask; a client that hung up has no address and is believed nothing.
 */
import { BlockList, isIP, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { errors } from './errors.ts';

/** Stands where a peer of the proxies' socket has its address; no address of the network looks like it. */
const proxyPeer = 'unix-socket';

/** Networks that have a name of their own in settings. */
const named: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};
const loopback = networksOf(['loopback']);

/** Marks a connection as one that came through the proxies' socket. */
export function markAsProxy(socket: Socket): void {
  Object.defineProperty(socket, 'remoteAddress', { value: proxyPeer });
}

/** For Fastify's `trustProxy`; false where nobody is believed. */
export function createTrust(
  trustedProxies: readonly string[],
  proxySocket: string | undefined,
): false | ((address: string | undefined) => boolean) {
  if (trustedProxies.length === 0 && proxySocket === undefined) return false;
  const networks = networksOf(trustedProxies);
  return (address) =>
    address !== undefined && (address === proxyPeer || contains(networks, address));
}

/** Whether a program on this machine is believed, though it is no proxy. */
export function trustsThisMachine(trustedProxies: readonly string[]): boolean {
  const networks = networksOf(trustedProxies);
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return (
    ['127.0.0.1', '::1', ...own.map(({ address }) => address)].some((address) =>
      contains(networks, address),
    ) || trustedProxies.some((entry) => contains(loopback, entry.split('/', 1)[0]!))
  );
}

function contains(networks: BlockList, address: string): boolean {
  const plain = address.split('%', 1)[0]!;
  const version = isIP(plain);
  return version !== 0 && networks.check(plain, version === 4 ? 'ipv4' : 'ipv6');
}

function networksOf(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries.flatMap((each) => named[each] ?? [each])) {
    const [address = '', prefix] = entry.split('/');
    try {
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      if (prefix === undefined) list.addAddress(address, family);
      else list.addSubnet(address, /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN, family);
    } catch (error) {
      throw errors.wrongProxy(entry, error);
    }
  }
  return list;
}
