/** A caller with a cookie jar of one cookie, for tests. */
import type { TestKernel } from '@zlh/kernel/testing';
import { Http } from '../index.ts';

export interface TestAnswer {
  readonly status: number;
  readonly headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of every shape
  readonly body: any;
}

export class TestClient {
  readonly url: string;
  /** Sent with every request; set `authorization` for an API key. */
  readonly headers: Record<string, string>;
  cookie: string | null = null;

  constructor(kernel: TestKernel, headers: Readonly<Record<string, string>> = {}) {
    this.url = kernel.use(Http).url;
    this.headers = { ...headers };
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<TestAnswer> {
    return this.send('GET', path, undefined, headers);
  }

  post(
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<TestAnswer> {
    return this.send('POST', path, body, headers);
  }

  patch(path: string, body: unknown): Promise<TestAnswer> {
    return this.send('PATCH', path, body);
  }

  delete(path: string): Promise<TestAnswer> {
    return this.send('DELETE', path);
  }

  /** `body`: text and bytes as they are, anything else as JSON. Never follows redirects. */
  async send(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<TestAnswer> {
    const raw = typeof body === 'string' || body instanceof Uint8Array;
    const response = await fetch(`${this.url}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.cookie === null ? {} : { cookie: this.cookie }),
        ...this.headers,
        ...headers,
      },
      ...(body === undefined ? {} : { body: raw ? (body as string) : JSON.stringify(body) }),
    });
    const set = response.headers.get('set-cookie');
    if (set !== null) this.cookie = /=;|Max-Age=0/.test(set) ? null : set.split(';')[0]!;
    return { status: response.status, headers: response.headers, body: await read(response) };
  }
}

/** Streams that do not end by themselves are left. */
async function read(response: Response): Promise<unknown> {
  const type = response.headers.get('content-type') ?? '';
  if (type.startsWith('text/event-stream')) {
    await response.body?.cancel();
    return null;
  }
  const text = await response.text();
  return type.includes('json') ? (JSON.parse(text) as unknown) : text;
}
