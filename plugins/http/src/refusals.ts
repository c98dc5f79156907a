/**
 * Everything that goes wrong becomes problem+json here. What is no Problem and no fault of the caller is a
 * defect: it is logged in full under the request's id, and the caller is told that id and nothing else.
 */
import { STATUS_CODES } from 'node:http';
import type { Logger } from '@zlh/kernel';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { apiHeaders } from './headers.ts';
import { Problem, problems } from './problem.ts';

export const problemType = 'application/problem+json; charset=utf-8';

const ofFramework: Readonly<Record<string, Problem>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: new Problem(
    413,
    'http.too-large',
    'The body is larger than this route takes.',
  ),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: new Problem(
    415,
    'http.unsupported-media-type',
    'Send the body as application/json.',
  ),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: new Problem(
    400,
    'http.malformed',
    'The body is not as long as Content-Length says.',
  ),
  FST_ERR_BAD_URL: new Problem(400, 'http.malformed', 'The address holds a broken %-escape.'),
};

/** The Problem an error stands for; null when it is a defect of ours. */
export function problemOf(error: unknown): Problem | null {
  if (error instanceof Problem) return error;
  const { code, statusCode, members, status } = error as Partial<FastifyError & Problem>;
  // A Problem of another installed copy of the contract, or one that the ORM has wrapped.
  if (typeof status === 'number' && typeof code === 'string' && typeof members === 'object')
    return new Problem(status, code, (error as Error).message, members);
  const known = ofFramework[code ?? ''];
  if (known !== undefined) return known;
  // The client went away in the middle of its body.
  if (code === 'ECONNRESET' && statusCode === 400)
    return new Problem(400, 'http.malformed', 'The body did not arrive in full.');
  const ofCaller =
    code?.startsWith('FST_') === true &&
    statusCode !== undefined &&
    statusCode >= 400 &&
    statusCode < 500;
  return ofCaller
    ? new Problem(statusCode, 'http.bad-request', 'The request cannot be read.')
    : null;
}

/** A full disk under the platform is no defect: reading goes on, and writing does as soon as there is room. */
const diskFull = () =>
  problems.unavailable(
    'http.disk-full',
    'The disk of the platform is full. Free some space on it, then try again.',
    30,
  );

/** Of the file system, or of PostgreSQL. */
const isDiskFull = (error: unknown) =>
  ['ENOSPC', 'EDQUOT', '53100'].includes(String((error as { code?: unknown } | null)?.code));

export function createRefuser(log: Logger) {
  /** Fastify's error handler. */
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    let problem = problemOf(error);
    if (problem === null) {
      const { id: requestId, method, routeOptions } = request;
      const about = { err: error, requestId, method, route: routeOptions?.url };
      log.error(about, 'a request failed for a reason of ours');
      problem = isDiskFull(error)
        ? diskFull()
        : new Problem(
            500,
            'http.internal',
            `Something went wrong on our side. Try again, or report request ${request.id}.`,
          );
    }
    reply.headers(apiHeaders);
    // Fastify would hang up on whoever still sends, who then never reads why; the deadline of the body sees to that.
    if (problem.status === 413) reply.removeHeader('connection');
    if (problem.status === 408) reply.header('connection', 'close');
    const { retryAfter, ...members } = problem.members;
    if (typeof retryAfter === 'number') reply.header('retry-after', String(retryAfter));
    if (problem.status === 401) reply.header('www-authenticate', 'Bearer');
    reply
      .code(problem.status)
      .type(problemType)
      .send(problemBody(problem, request.id, members));
  };
}

export function problemBody(
  problem: Problem,
  requestId: string,
  members: Readonly<Record<string, unknown>> = problem.members,
): string {
  return JSON.stringify({
    type: 'about:blank',
    title: STATUS_CODES[problem.status] ?? 'Error',
    status: problem.status,
    detail: problem.message,
    code: problem.code,
    requestId,
    ...members,
  });
}
