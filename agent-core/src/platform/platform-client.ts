/** The agent's one way to talk to the platform: its address, who the agent is, nothing else. */
import type { IncomingMessage } from 'node:http';
import { requestPeer, type PeerCredentials } from '../lib/peer-request.ts';

export interface PlatformRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Below the platform's address, with a leading slash. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | number>>;
  /** Bytes are sent as they are, everything else as JSON. */
  readonly body?: unknown;
  readonly signal: AbortSignal;
}

export interface PlatformClient {
  /** False while no address is known: before the first spec, without the setting. */
  readonly known: boolean;
  /** Rejects when no answer comes; an answer of any status resolves. */
  send(request: PlatformRequest): Promise<IncomingMessage>;
}

/** What no column of the platform holds, and it therefore refuses, must not keep a report from arriving. */
function fit(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('\0', '').toWellFormed() : value;
}

/** `address` is asked each time, because a new spec may bring another. */
export function createPlatformClient(
  address: () => string | undefined,
  credentials: PeerCredentials,
): PlatformClient {
  return {
    get known() {
      return address() !== undefined;
    },
    async send({ method, path, headers, body, signal }) {
      const at = address();
      if (at === undefined) throw new Error('the address of the platform is not known yet');
      const isRaw = body instanceof Uint8Array;
      const content = isRaw || body === undefined ? body : Buffer.from(JSON.stringify(body, fit));
      const type = isRaw ? 'application/octet-stream' : 'application/json';
      const more =
        content === undefined ? {} : { 'content-type': type, 'content-length': content.length };
      const request = { method, path, body: content, signal, headers: { ...more, ...headers } };
      return requestPeer(at, credentials, request);
    },
  };
}
