/**
 * The one thin wrapper around every handler. It answers with the status that the schema promises, also for
 * handlers that return nothing. It makes permits for requests that last, and repeats answers to an
 * `Idempotency-Key`. It makes no scope and no promise of its own for a request.
 */
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { IdempotencyStore, RouteDefinition } from './index.ts';
import type { LongLived } from './long-lived.ts';
import { addressKey } from './limiter.ts';
import { lasts, RequestPermit } from './request-permit.ts';
import type { Permits } from './permits.ts';
import { problems } from './problem.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- routes of every shape are handled alike
export type AnyRoute = RouteDefinition<any>;
type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

export interface HandlerDeps {
  readonly longLived: LongLived;
  readonly permits: Permits;
  readonly idempotency: IdempotencyStore | undefined;
}

export function handlerOf(
  route: AnyRoute,
  { longLived, permits, idempotency }: HandlerDeps,
): Handler {
  const status = successOf(route);
  const inner = route.handler as unknown as Handler;
  const handler =
    route.idempotent === true && idempotency !== undefined
      ? onceOnly(route, inner, idempotency)
      : inner;
  const lasting = lasts(route);
  return (request, reply) => {
    if (status !== 200) reply.code(status);
    const permit = lasting ? new RequestPermit(permits, route, request, reply) : undefined;
    if (permit !== undefined) request.permit = permit;
    const answer = handler(request, reply);
    if (reply.sent && !reply.raw.writableEnded) {
      permit?.release();
      longLived.addStream(request, reply, route.access);
    } else if (answer === undefined && !reply.sent) reply.send();
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
