/** For tests: the files of a real agent over its HTTP routes. */
import type { TestAgent } from '@zlh/agent/testing';

export interface Reply<T = Record<string, unknown>> {
  readonly status: number;
  readonly body: T;
  readonly bytes: Buffer;
  readonly headers: Headers;
}

export interface FilesClient {
  readonly data: string;
  send<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: BodyInit | object,
    headers?: Record<string, string>,
  ): Promise<Reply<T>>;
  put(path: string, content: BodyInit, headers?: Record<string, string>): Promise<Reply>;
  get(path: string, headers?: Record<string, string>): Promise<Reply>;
  /** Code of a refusal, or the status of a success. */
  outcome(method: string, path: string, body?: BodyInit | object): Promise<string>;
}

export function filesOf(agent: TestAgent): FilesClient {
  const content = (path: string) => `/files/content?path=${encodeURIComponent(path)}`;
  const client: FilesClient = {
    data: `${agent.home}/data`,
    async send(method, path, body, headers = {}) {
      const isJson = body !== undefined && Object.getPrototypeOf(body) === Object.prototype;
      const response = await agent
        .fetch(path, {
          method,
          headers: {
            authorization: `Bearer ${agent.token}`,
            ...(isJson ? { 'content-type': 'application/json' } : {}),
            ...headers,
          },
          ...(body === undefined ? {} : { body: isJson ? JSON.stringify(body) : (body as string) }),
        })
        .catch((error: unknown) => {
          throw agent.unanswered(`${method} ${path}`, error);
        });
      const bytes = Buffer.from(await response.arrayBuffer());
      const json = /json/.test(response.headers.get('content-type') ?? '');
      const parsed = json ? (JSON.parse(bytes.toString()) as unknown) : {};
      return { status: response.status, body: parsed as never, bytes, headers: response.headers };
    },
    put: (path, body, headers) => client.send('PUT', content(path), body, headers),
    get: (path, headers) => client.send('GET', content(path), undefined, headers),
    async outcome(method, path, body) {
      const { status, body: answer } = await client.send<{ code?: string }>(method, path, body);
      return status < 400 ? String(status) : (answer.code ?? `${status} without a code`);
    },
  };
  return client;
}
