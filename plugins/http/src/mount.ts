/** Puts the routes of the `Routes` point into Fastify, each behind the gate and with its schemas compiled. */
import type { Contribution, Logger } from '@zlh/kernel';
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify';
import type { TSchema } from 'typebox';
import type { BodyDeadlines } from './body-deadlines.ts';
import { documentOf } from './document.ts';
import { errors } from './errors.ts';
import type { Part } from './faults.ts';
import type { Gate } from './gate.ts';
import { handlerOf } from './handler.ts';
import type { HostRoute, IdempotencyStore, Route, RouteSchemas } from './index.ts';
import type { LongLived } from './long-lived.ts';
import type { Permits } from './permits.ts';
import type { RequestMeter } from './request-meter.ts';
import { createSocketHandler } from './sockets.ts';
import { closed, compileValidator } from './validation.ts';

export interface MountContext {
  readonly gate: Gate;
  readonly longLived: LongLived;
  readonly bodyDeadlines: BodyDeadlines;
  readonly permits: Permits;
  readonly meter: RequestMeter;
  readonly idempotency: IdempotencyStore | undefined;
  readonly log: Logger;
  readonly checkAnswers: boolean;
  /** See `HostNames`. */
  readonly hostNames: readonly string[];
  readonly hostRoutes: readonly Contribution<HostRoute>[];
}

export interface PlacedRoute {
  readonly plugin: string;
  readonly route: Route;
  /** The HTTP method it answers: GET for WebSockets. */
  readonly method: string;
}

/** All routes in a flat list; throws a coded error when two would answer the same requests. */
export function placeRoutes(
  contributions: readonly Contribution<readonly Route[]>[],
): readonly PlacedRoute[] {
  const placed = contributions.flatMap(({ plugin, value }) =>
    value.map((route): PlacedRoute => ({
      plugin,
      route,
      method: route.method === 'WEBSOCKET' ? 'GET' : route.method,
    })),
  );
  const taken = new Map<string, string>();
  for (const { plugin, route, method } of placed) {
    // Whatever a parameter is called, it is the same place.
    const key = `${method} ${route.url.replace(/:[^/]+/g, ':')}`;
    const first = taken.get(key);
    if (first !== undefined) throw errors.routeTaken(method, route.url, first, plugin);
    taken.set(key, plugin);
  }
  return placed;
}

/** Machines' routes; everything else is a page for browsers and gets the headers of one. */
export const isApi = (url: string) => /^\/(api|health|metrics)(\/|$)/.test(url);

export function mount(
  app: FastifyInstance,
  placed: readonly PlacedRoute[],
  context: MountContext,
): void {
  const isStreamed = ({ route }: PlacedRoute) =>
    route.method !== 'WEBSOCKET' && route.streamed === true;
  mountHere(
    app,
    placed.filter((each) => !isStreamed(each)),
    context,
  );
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _body, done) => done(null));
    mountHere(scope, placed.filter(isStreamed), context);
  });
}

function mountHere(
  app: FastifyInstance,
  placed: readonly PlacedRoute[],
  context: MountContext,
): void {
  const socketHandler = createSocketHandler(context.longLived, context.log);
  for (const { plugin, route, method } of placed) {
    try {
      const base = {
        method,
        url: route.url,
        schema: schemaOf(route, plugin),
        onRequest: context.meter.time(method, route.url, context.gate.guard(route)),
      };
      const handler =
        route.method === 'WEBSOCKET' ? socketHandler(route) : handlerOf(route, context);
      app.route({
        ...base,
        handler: isApi(route.url) ? withHeaders(handler) : handler,
        ...(route.method !== 'WEBSOCKET' && route.bodyLimit !== undefined
          ? { bodyLimit: route.bodyLimit }
          : {}),
        ...(context.checkAnswers && route.method !== 'WEBSOCKET'
          ? { preSerialization: checkAnswer(route.schema ?? {}) }
          : {}),
      });
    } catch (error) {
      throw errors.wrongRoute(method, route.url, plugin, error);
    }
  }
}

function withHeaders(handler: (request: FastifyRequest, reply: FastifyReply) => unknown) {
  return (request: FastifyRequest, reply: FastifyReply) => {
    reply.header('x-content-type-options', 'nosniff');
    // What a public route tells strangers may be kept; each header costs a share of the whole request.
    if (request.identity !== null) reply.header('cache-control', 'no-store');
    return handler(request, reply);
  };
}

function schemaOf(route: Route, plugin: string): FastifySchema {
  const { params, query, headers, body, response } = (route.schema ?? {}) as RouteSchemas;
  return {
    ...documentOf(route, plugin),
    ...(params === undefined ? {} : { params }),
    ...(query === undefined ? {} : { querystring: closed(query) }),
    ...(headers === undefined ? {} : { headers }),
    ...(body === undefined ? {} : { body: closed(body) }),
    ...(response === undefined ? {} : { response }),
  };
}

/** For Fastify's `setValidatorCompiler`. */
export function validatorCompiler({ schema, httpPart }: { schema: unknown; httpPart?: string }) {
  const validate = compileValidator(
    schema as TSchema,
    (httpPart === 'querystring' ? 'query' : (httpPart ?? 'body')) as Part,
  );
  return (value: unknown) => {
    try {
      return { value: validate(value) };
    } catch (error) {
      return { error: error as Error };
    }
  };
}

/** Tests only: the documented answer is the answer. */
function checkAnswer(schemas: RouteSchemas) {
  const checks = new Map(
    Object.entries(schemas.response ?? {}).map(([status, schema]) => [
      Number(status),
      compileValidator(closed(schema), 'body'),
    ]),
  );
  return (
    _request: FastifyRequest,
    reply: FastifyReply,
    answer: unknown,
    done: (error: Error | null, answer?: unknown) => void,
  ) => {
    const check = checks.get(reply.statusCode);
    if (reply.statusCode >= 400 || check === undefined) return done(null, answer);
    try {
      check(JSON.parse(JSON.stringify(answer)));
      done(null, answer);
    } catch (error) {
      const { members } = error as { members?: { errors?: unknown } };
      done(new Error(`The answer is not what its schema says: ${JSON.stringify(members?.errors)}`));
    }
  };
}
