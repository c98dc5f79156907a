/**
 * TLS between two machines that share a key. Guarantees: each side has proved that it knows the key before either has
 * said anything; the key itself never travels; what was recorded stays secret when the key is lost later.
 *
 * TLS 1.3 lets a server show a certificate instead of the key. No certificate is believed here.
 */
import { createHmac } from 'node:crypto';
import type { TlsOptions, ConnectionOptions, PeerCertificate, TLSSocket } from 'node:tls';
import { errors } from '../errors.ts';

const version = {
  minVersion: 'TLSv1.3',
  maxVersion: 'TLSv1.3',
  ciphers: 'TLS_AES_128_GCM_SHA256',
} as const;

/** Longer than any honest handshake takes. */
const handshakeMs = 10_000;

/** The key that two sides share who both know the token. What is seen of the key's use tells nothing of the token. */
export function sharedKey(token: string): Buffer {
  return createHmac('sha256', token).update('zlh tls-psk').digest();
}

const identities = new WeakMap<object, string>();

/** Who a peer of `serverTls` has proved to be; undefined for any other connection. */
export function peerIdentity(socket: object): string | undefined {
  return identities.get(socket);
}

/** `keyOf` answers the key of whom the peer says it is, null for nobody. */
export function serverTls(keyOf: (identity: string) => Buffer | null): TlsOptions {
  return {
    ...version,
    handshakeTimeout: handshakeMs,
    pskCallback(socket: TLSSocket, identity: string) {
      const key = keyOf(identity);
      // Nobody gets to use it who has not the key: the handshake ends here otherwise.
      if (key !== null) identities.set(socket, identity);
      return key;
    },
  };
}

export function clientTls(identity: string, key: Buffer): ConnectionOptions {
  return {
    ...version,
    ca: [],
    checkServerIdentity: (host: string, certificate: PeerCertificate) =>
      Object.keys(certificate).length === 0 ? undefined : errors.peerUnproved(host),
    pskCallback: () => ({ psk: key, identity }),
  };
}
