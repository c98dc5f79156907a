/**
 * The HTTP client all importers share: one connection pool that respects the machine's proxy settings
 * (`HTTPS_PROXY`, `NO_PROXY`), time limits, redirects, and errors that name the upstream.
 */
import { EnvHttpProxyAgent, request, type Dispatcher } from 'undici';
import { upstreamUnreachable } from '../importers/errors.ts';

export interface ClientSettings {
  /** Sent as `User-Agent`; PaperMC asks for one that names the software and a contact. */
  readonly userAgent: string;
  /** Without an answer, or without a byte of it, for this long an attempt counts as failed. */
  readonly timeoutMs: number;
  /** Before the second attempt; doubles with each further one. */
  readonly retryDelayMs: number;
}

export interface Answer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Must be read to its end or destroyed. */
  readonly body: Dispatcher.ResponseData['body'];
}

export const attempts = 4;
const mostRedirects = 5;

export class UpstreamClient {
  readonly settings: ClientSettings;
  readonly #dispatcher: EnvHttpProxyAgent;

  constructor(settings: ClientSettings) {
    this.settings = settings;
    const { timeoutMs } = settings;
    this.#dispatcher = new EnvHttpProxyAgent({
      connect: { timeout: timeoutMs },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
  }

  /**
   * One GET, or a POST of a JSON document; redirects followed. Answers whatever status came; rejects with the socket's error when none did. Never
   * follows from https to http.
   */
  async get(
    url: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
    document?: unknown,
  ): Promise<Answer> {
    let at = new URL(url);
    for (let hops = 0; ; hops++) {
      const {
        statusCode,
        headers: given,
        body,
      } = await request(at, {
        dispatcher: this.#dispatcher,
        headers: {
          'user-agent': this.settings.userAgent,
          'accept-encoding': 'identity',
          ...(document === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(document === undefined ? {} : { method: 'POST', body: JSON.stringify(document) }),
        signal,
      });
      const answer = { status: statusCode, headers: flat(given), body };
      const { location } = answer.headers;
      if (![301, 302, 303, 307, 308].includes(statusCode) || location === undefined) return answer;
      body.destroy();
      body.on('error', () => {}); // what is left of a redirect's body matters to nobody
      const next = new URL(location, at);
      if (hops >= mostRedirects) throw new Error(`more than ${mostRedirects} redirects`);
      if (!isAllowed(at, next))
        throw new Error(`redirected to ${next.protocol}//, which is not secure`);
      at = next;
    }
  }

  close(): Promise<void> {
    return this.#dispatcher.destroy();
  }
}

function isAllowed(from: URL, to: URL): boolean {
  return to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:');
}

function flat(headers: Dispatcher.ResponseData['headers']): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
  );
}

/** True for faults that may be gone in a moment. A name that does not resolve stays so. */
export function isPassing(error: unknown): boolean {
  const { code = '' } = error as { code?: string };
  return [
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    'EAI_AGAIN',
    'UND_ERR_SOCKET',
    'UND_ERR_CONNECT_TIMEOUT',
    'UND_ERR_HEADERS_TIMEOUT',
    'UND_ERR_BODY_TIMEOUT',
  ].includes(code);
}

export const isPassingStatus = (status: number) => status === 429 || status >= 500;

export function unreachable(upstream: string, error: unknown) {
  const { code, message, errors } = error as NodeJS.ErrnoException & { errors?: readonly Error[] };
  const told = message || errors?.[0]?.message || 'no answer';
  return upstreamUnreachable(
    upstream,
    code === undefined || told.includes(code) ? told : `${told} (${code})`,
  );
}
