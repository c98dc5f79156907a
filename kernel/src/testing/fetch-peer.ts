/** `fetch` for peers, which listen on a private unix socket or over TLS with a shared key. For tests. */
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { peerAddress } from '../peers/address.ts';
import { connectToPeer, type PeerConnection } from '../peers/connect.ts';

export interface PeerFetch {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream goes without a length. */
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
  /** Needed over TLS. */
  readonly as?: PeerConnection;
  /** Connects though another user owns the folder of the socket, as a test's own agent of that user does. */
  readonly anyOwner?: boolean;
}

const nobody: PeerConnection = { identity: 'nobody', key: () => Buffer.alloc(32) };

/** Answers when the whole body is there. */
export async function fetchPeer(
  address: string,
  path: string,
  { method = 'GET', headers, body, signal, as = nobody, anyOwner = false }: PeerFetch = {},
): Promise<Response> {
  const request = httpRequest({
    createConnection: () => (anyOwner ? connectPlainly(address) : connectToPeer(address, as)),
    host: 'localhost',
    method,
    path,
    headers: {
      // Or the peer would hang up on whoever still sends.
      connection: 'keep-alive',
      ...headers,
      ...(isWhole(body) ? { 'content-length': String(Buffer.byteLength(body)) } : {}),
    },
    ...(signal === undefined ? {} : { signal }),
  });
  if (body === undefined || isWhole(body)) request.end(body);
  else Readable.from(body).pipe(request);
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  request.on('error', () => undefined); // the rest of a body that is refused
  const bytes = await buffer(answer).finally(() => request.destroy());
  const status = answer.statusCode!;
  return new Response(status === 204 || status === 304 ? null : new Uint8Array(bytes), {
    status,
    headers: Object.entries(answer.headers).flatMap(([name, value]) =>
      [value ?? []].flat().map((each): [string, string] => [name, each]),
    ),
  });
}

function connectPlainly(address: string): Socket {
  const peer = peerAddress(address);
  if (peer.kind !== 'unix') throw new TypeError(`"${address}" is no unix socket`);
  return connect(peer.path);
}

const isWhole = (body: PeerFetch['body']): body is string | Uint8Array =>
  typeof body === 'string' || body instanceof Uint8Array;

/** The address of a WebSocket there, for the package `ws`; unix sockets only. */
export function socketUrlOf(address: string, path: string): string {
  const peer = peerAddress(address);
  if (peer.kind !== 'unix') throw new TypeError(`no WebSocket over "${address}"`);
  return `ws+unix:${peer.path}:${path}`;
}
