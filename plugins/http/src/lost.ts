/** Answers requests that no route takes: 405 when the address takes another method, otherwise 404. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PlacedRoute } from './mount.ts';
import { Problem } from './problem.ts';
import type { createRefuser } from './refusals.ts';

export function createLost(
  placed: readonly PlacedRoute[],
  refuse: ReturnType<typeof createRefuser>,
) {
  const patterns = placed
    .filter(({ route }) => !route.url.includes('*'))
    .map(({ route, method }) => ({
      method,
      pattern: new RegExp(
        `^${route.url.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/:[^/]+/g, '[^/]+')}/?$`,
      ),
    }));

  return (request: FastifyRequest, reply: FastifyReply): void => {
    const path = request.url.split('?', 1)[0]!;
    const allowed = new Set(
      patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method),
    );
    if (allowed.size === 0 || allowed.has(request.method)) {
      return refuse(
        new Problem(
          404,
          'http.not-found',
          `There is nothing at ${request.method} ${path.slice(0, 200)}.`,
        ),
        request,
        reply,
      );
    }
    const methods = [...allowed].join(', ');
    reply.header('allow', methods);
    refuse(
      new Problem(
        405,
        'http.method-not-allowed',
        `${request.method} is not possible here, only ${methods}.`,
      ),
      request,
      reply,
    );
  };
}
