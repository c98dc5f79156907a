/** Answers bytes that are no HTTP request, and closes their connection: there is nothing to route. */
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { tooSlow } from './body-deadlines.ts';
import { Problem } from './problem.ts';
import { problemBody, problemType } from './refusals.ts';

const known: Readonly<Record<string, Problem>> = {
  HPE_HEADER_OVERFLOW: new Problem(
    431,
    'http.headers-too-large',
    'The address or the headers are too large. Send less.',
  ),
  ERR_HTTP_REQUEST_TIMEOUT: tooSlow(),
};
const malformed = new Problem(400, 'http.malformed', 'This is not a valid HTTP request.');

/** Fastify's `clientErrorHandler`. */
export function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const problem = known[error.code ?? ''] ?? malformed;
  const body = problemBody(problem, randomUUID());
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    `content-type: ${problemType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
