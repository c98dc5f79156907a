/**
 * A local server that stands in for a publisher: answers what a test says, counts what it was asked, cuts
 * connections on demand. For tests of importers.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface FakeUpstream {
  /** `http://127.0.0.1:41234` */
  readonly url: string;
  /** Path and query of each request, in order. */
  readonly asked: readonly string[];
  /** Answers a path (with its query) with a JSON document, bytes, or what a handler does. Others get 404. */
  on(path: string, answer: object | Buffer | Handler): void;
  close(): Promise<void>;
}

export async function startUpstream(): Promise<FakeUpstream> {
  const answers = new Map<string, object | Buffer | Handler>();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    asked.push(path);
    const answer = answers.get(path);
    if (answer === undefined) response.writeHead(404).end('{"error":"not found"}');
    else if (typeof answer === 'function') (answer as Handler)(request, response);
    else if (Buffer.isBuffer(answer)) serveFile(answer)(request, response);
    else
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    on: (path, answer) => void answers.set(path, answer),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export interface FileOptions {
  /** The n-th answer is cut after so many of its bytes; later ones are whole. */
  readonly cutAfter?: readonly number[];
  /** Default: an ETag that never changes. Null: none. */
  readonly etag?: string | null;
  /** False: answers 200 with everything, whatever range was asked for. Default true. */
  readonly ranges?: boolean;
  /** Leaves out `Content-Length`. */
  readonly chunked?: boolean;
}

/** Answers with a file as static servers do, resumable. */
export function serveFile(
  content: Buffer,
  { cutAfter = [], etag = '"v1"', ranges = true, chunked = false }: FileOptions = {},
): Handler {
  let answered = 0;
  return (request, response) => {
    const wanted = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
    const resumes = ranges && wanted !== undefined && request.headers['if-range'] === etag;
    const start = resumes ? Number(wanted) : 0;
    const part = content.subarray(start);
    if (etag !== null) response.setHeader('etag', etag);
    if (!chunked) response.setHeader('content-length', part.length);
    if (resumes)
      response.setHeader('content-range', `bytes ${start}-${content.length - 1}/${content.length}`);
    response.writeHead(resumes ? 206 : 200);
    const cut = cutAfter[answered++];
    if (cut === undefined) response.end(part);
    else response.write(part.subarray(0, cut), () => response.destroy());
  };
}

/** For importers under test: only the address of the upstream in question is set. */
export const noAddresses = {
  mojang: '',
  papermc: '',
  fabric: '',
  adoptium: '',
  purpur: '',
  forge: '',
  neoforge: '',
};
