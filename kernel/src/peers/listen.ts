/** Listening for peers, see `address.ts`. */
import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import type { AddressInfo, Server } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { errors } from '../errors.ts';
import { peerAddress } from './address.ts';
import { makePrivateFolder, openPrivateFolder } from './private-folder.ts';

/**
 * Answers the address that peers may use: of port 0 the one that was taken. A server for `tls-psk:` must have been made
 * with `serverTls`. What listens at the unix socket already is put aside: the caller holds the lock of its home.
 */
export async function listenForPeers(server: Server, address: string): Promise<string> {
  const peer = peerAddress(address);
  if (peer.kind === 'unix') {
    await listenOnUnix(server, peer.path);
    return address;
  }
  const { host, port } = peer;
  await begin(server, () => server.listen({ host, port }));
  const { port: taken } = server.address() as AddressInfo;
  return `tls-psk://${host.includes(':') ? `[${host}]` : host}:${taken}`;
}

async function listenOnUnix(server: Server, path: string): Promise<void> {
  makePrivateFolder(dirname(path));
  const folder = openPrivateFolder(dirname(path));
  // Closing removes the file by the name that it was made by, so the folder stays open for as long.
  server.once('close', () => folder.close());
  try {
    const at = join(folder.path, basename(path));
    const found = lstatSync(at, { throwIfNoEntry: false });
    if (found !== undefined && !found.isSocket()) throw errors.socketPathTaken(path);
    if (found !== undefined) unlinkSync(at);
    await begin(server, () => server.listen(at));
    chmodSync(at, 0o600);
  } catch (error) {
    folder.close();
    throw error;
  }
}

function begin(server: Server, listen: () => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).once('listening', resolve);
  listen();
  return promise.finally(() => server.off('error', reject));
}
