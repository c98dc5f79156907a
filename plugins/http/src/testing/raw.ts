/** Requests with any headers, over a port or a unix socket: `fetch` sends neither a foreign Host nor over a socket. */
import { request, type IncomingMessage, type RequestOptions } from 'node:http';

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of every shape
  readonly body: any;
}

/** `at`: a URL like `http://127.0.0.1:4000`, or the path of a socket. */
export function sendRaw(
  at: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  options: RequestOptions & { readonly body?: string } = {},
): Promise<RawAnswer> {
  const { body, ...others } = options;
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
  const target = at.startsWith('/') ? { socketPath: at } : new URL(at);
  const where = target instanceof URL ? { host: target.hostname, port: target.port } : target;
  const sent = request({ ...where, path, headers, agent: false, ...others }, (answer) => {
    const chunks: Buffer[] = [];
    answer.on('data', (chunk: Buffer) => chunks.push(chunk));
    answer.on('error', reject);
    answer.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const isJson = String(answer.headers['content-type']).includes('json');
      resolve({
        status: answer.statusCode!,
        headers: answer.headers,
        body: isJson ? (JSON.parse(text) as unknown) : text,
      });
    });
  });
  sent.on('error', reject);
  sent.end(body);
  return promise;
}
