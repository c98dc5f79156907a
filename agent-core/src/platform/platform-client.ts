/**
 * The agent's one way to talk to the platform: its address, its bearer token, nothing else. Built on
 * node:http, because an agent at rest shall stay small. Redirects are not followed: the token is for
 * the platform alone.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { once } from 'node:events';

export interface PlatformRequest {
  readonly method: 'GET' | 'POST';
  /** Below the platform's address, with a leading slash. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
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

/** `baseUrl` is asked each time, because a new spec may bring another. */
export function createPlatformClient(
  baseUrl: () => string | undefined,
  token: string,
): PlatformClient {
  return {
    get known() {
      return baseUrl() !== undefined;
    },
    async send({ method, path, headers, body, signal }) {
      const base = baseUrl();
      if (base === undefined) throw new Error('the address of the platform is not known yet');
      const content = body === undefined ? undefined : Buffer.from(JSON.stringify(body, fit));
      const url = new URL(base.replace(/\/$/, '') + path);
      const send = url.protocol === 'https:' ? (await import('node:https')).request : httpRequest;
      const request = send(url, {
        method,
        signal,
        headers: {
          authorization: `Bearer ${token}`,
          ...(content === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': content.length }),
          ...headers,
        },
      });
      request.end(content);
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      // From here on the reader of the body hears of errors; a second listener keeps them from throwing.
      request.on('error', () => {});
      return response;
    },
  };
}
