/**
 * Where platform and agents listen for each other. There are two ways, and in both each side knows who the other is before
 * anything secret is said: a unix socket in a folder of the own user, and TLS with a key that only these two share.
 *
 *   unix:/srv/zlh/run/agents.sock
 *   tls-psk://10.0.0.7:18888
 */
import { isAbsolute } from 'node:path';
import { errors } from '../errors.ts';

export type PeerAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tls-psk'; readonly host: string; readonly port: number };

/** For schemas; `peerAddress` says more. */
export const peerAddressPattern = '^(unix:/|tls-psk://)[^\\s]+$';

/** @throws CodedError KERNEL_PEER_ADDRESS for anything else: over `http:` nobody would know who answers */
export function peerAddress(text: string): PeerAddress {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    if (isAbsolute(path) && !path.includes('\0')) return { kind: 'unix', path };
  }
  const url = text.startsWith('tls-psk://') && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.port === '' || `tls-psk://${url.host}` !== text)
    throw errors.peerAddress(text);
  return { kind: 'tls-psk', host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) };
}
