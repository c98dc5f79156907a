/**
 * One HTTP request to a peer. Built on node:http, because an agent at rest shall stay small; each request
 * has a connection of its own. Redirects are not followed: the token is for this peer alone.
 */
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connectToPeer } from '@zlh/kernel';

/** The identity of the agent that asks, and its proof. */
export interface PeerCredentials {
  readonly instanceId: string;
  readonly token: string;
  /** Made of the token. */
  readonly key: () => Buffer;
}

export interface PeerRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body?: Uint8Array | undefined;
  readonly signal?: AbortSignal;
}

/** Rejects when no answer comes; an answer of any status resolves. */
export async function requestPeer(
  address: string,
  { instanceId, token, key }: PeerCredentials,
  { method, path, headers, body, signal }: PeerRequest,
): Promise<IncomingMessage> {
  const request = httpRequest({
    createConnection: () => connectToPeer(address, { identity: instanceId, key }),
    host: 'localhost',
    method,
    path,
    ...(signal === undefined ? {} : { signal }),
    headers: { authorization: `Bearer ${token}`, ...headers },
  });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  // From here on the reader of the body hears of errors; a second listener keeps them from throwing.
  request.on('error', () => {});
  return response;
}
