/** What an API consumer has: requests with a session or a key, and the stream of events to wait on. */
import { progress } from '../runner/progress.ts';
import { fetchPeer, scaled } from '@zlh/kernel/testing';

export interface Answer<T = Record<string, unknown>> {
  readonly status: number;
  readonly body: T;
  readonly headers: Headers;
}

export interface Operation {
  readonly id: string;
  readonly kind: string;
  readonly instanceId: string | null;
  readonly state: 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  readonly phases: readonly {
    readonly name: string;
    readonly state: string;
    readonly progress: number | null;
  }[];
  readonly attempt: number;
  readonly error: { readonly code: string; readonly detail: string } | null;
}

export interface Instance {
  readonly id: string;
  readonly vmid: number;
  readonly name: string;
  readonly hostname: string;
  readonly desired: string;
  readonly observed: string;
  readonly ready: boolean;
  readonly address: { readonly host: string; readonly port: number } | null;
  readonly operation: Operation | null;
}

/** The answer to what takes time. */
export interface Accepted {
  readonly instance: Instance;
  readonly operation: Operation;
}

/** The longest a scenario waits for anything; a limit for what hangs, not a pace. */
const patienceMs = scaled(180_000);

/** Of the public address, or of the socket on which only agents are heard. */
export function fetchFrom(url: string, path: string, init: RequestInit = {}): Promise<Response> {
  if (!url.startsWith('unix:')) return fetch(url + path, init);
  const { method = 'GET', headers, body } = init;
  return fetchPeer(url, path, {
    method,
    headers: headers as Record<string, string>,
    ...(typeof body === 'string' ? { body } : {}),
  });
}

export class ApiClient {
  url: string;
  #authorization: Record<string, string> = {};

  constructor(url: string, authorization: Record<string, string> = {}) {
    this.url = url;
    this.#authorization = authorization;
  }

  /** The same caller at another process, or at one that was started again. */
  moveTo(url: string): void {
    this.url = url;
    if ('origin' in this.#authorization) this.#authorization['origin'] = url;
  }

  get headers(): Readonly<Record<string, string>> {
    return this.#authorization;
  }

  async signIn(email: string, password: string): Promise<ApiClient> {
    return this.#enter('login', email, password);
  }

  async register(email: string, password: string): Promise<ApiClient> {
    return this.#enter('register', email, password);
  }

  withKey(secret: string): ApiClient {
    return new ApiClient(this.url, { authorization: `Bearer ${secret}` });
  }

  async request<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const response = await fetchFrom(this.url, path, {
      method,
      headers: {
        ...this.#authorization,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      body: (isJson ? JSON.parse(text) : { text }) as T,
      headers: response.headers,
    };
  }

  /** The body of an answer that must be a success. */
  async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.request<T>(method, path, body);
    if (answer.status >= 300)
      throw new Error(
        `${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`,
      );
    return answer.body;
  }

  operation(id: string): Promise<Operation> {
    return this.ask('GET', `/api/operations/${id}`);
  }

  instance(id: string): Promise<Instance> {
    return this.ask('GET', `/api/instances/${id}`);
  }

  /** The operation, once it is over. */
  untilOver(id: string): Promise<Operation> {
    return this.until(
      () => this.operation(id),
      ({ state }) => state !== 'queued' && state !== 'running',
    );
  }

  /** What `look` finds, as soon as `wanted` accepts it; looks again whenever an event arrives. */
  async until<T>(look: () => Promise<T>, wanted: (found: T) => boolean): Promise<T> {
    const stop = AbortSignal.timeout(patienceMs);
    const response = await fetch(`${this.url}/api/events`, {
      headers: this.#authorization,
      signal: stop,
    });
    const events = response.body!.getReader();
    try {
      for (;;) {
        const found = await look();
        if (wanted(found)) return found;
        const { done } = await events.read();
        progress();
        if (done) throw new Error('the stream of events ended');
      }
    } catch (error) {
      if (stop.aborted)
        throw new Error(
          `waited ${patienceMs / 1000} s in vain; last seen: ${JSON.stringify(await look())}`,
          { cause: error },
        );
      throw error;
    } finally {
      await events.cancel().catch(() => undefined); // it ended already
    }
  }

  async #enter(route: 'login' | 'register', email: string, password: string): Promise<ApiClient> {
    const { status, body, headers } = await this.request(
      'POST',
      `/api/auth/${route}`,
      { email, password },
      { origin: this.url },
    );
    if (status >= 300) throw new Error(`${route} answered ${status}: ${JSON.stringify(body)}`);
    const cookie = headers
      .getSetCookie()
      .map((each) => each.split(';', 1)[0])
      .join('; ');
    return new ApiClient(this.url, { cookie, origin: this.url });
  }
}
