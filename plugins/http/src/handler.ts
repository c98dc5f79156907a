/**
 * The one thin wrapper around every handler: the status that the schema promises, an answer for handlers
 * that return nothing, and repeats of an `Idempotency-Key`. No scope and no promise of its own per request.
 */
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { IdempotencyStore, RouteDefinition } from './index.ts';
import type { LongLived } from './long-lived.ts';
import { addressKey } from './limiter.ts';
import { problems } from './problem.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- routes of every shape are handled alike
export type AnyRoute = RouteDefinition<any>;
type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

export function handlerOf(
  route: AnyRoute,
  longLived: LongLived,
  idempotency: IdempotencyStore | undefined,
): Handler {
  const status = successOf(route);
  const inner = route.handler as unknown as Handler;
  const handler =
    route.idempotent === true && idempotency !== undefined
      ? onceOnly(route, inner, idempotency)
      : inner;
  return (request, reply) => {
    if (status !== 200) reply.code(status);
    const answer = handler(request, reply);
    if (answer === undefined) {
      if (reply.sent) longLived.addStream(request, reply, route.access);
      else reply.send();
    } else if (reply.sent && !reply.raw.writableEnded)
      longLived.addStream(request, reply, route.access);
    return answer;
  };
}

/** What a route that declares a single success answers with, unless its handler says otherwise. */
function successOf(route: AnyRoute): number {
  const declared = Object.keys(route.schema?.response ?? {})
    .map(Number)
    .filter((status) => status >= 200 && status < 300);
  return declared.length === 1 ? declared[0]! : 200;
}

function onceOnly(route: AnyRoute, handler: Handler, store: IdempotencyStore): Handler {
  return async (request, reply) => {
    const key = request.headers['idempotency-key'];
    if (key === undefined) return handler(request, reply);
    if (typeof key !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(key)) {
      throw problems.invalid([
        {
          path: 'headers.idempotency-key',
          message: 'must be 1 to 200 printable characters without spaces',
        },
      ]);
    }
    const caller = request.identity?.id ?? addressKey(request.ip);
    const bodyHash = createHash('sha256')
      .update(JSON.stringify([request.params, request.query, request.body ?? null]))
      .digest('hex');
    const { status, body } = await store.once(
      { caller, route: `${route.method} ${route.url}`, key, bodyHash },
      async () => {
        const answer = await handler(request, reply);
        return { status: reply.statusCode, body: answer ?? null };
      },
    );
    reply.code(status);
    return body;
  };
}
