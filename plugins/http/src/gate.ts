/**
 * What stands before every route: who is asking, whether they ask too often, and whether they may. It runs
 * before the body is read. Callers without credentials never wait for anything.
 */
import type { Contribution } from '@zlh/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { BodyDeadlines } from './body-deadlines.ts';
import { announcesBody, takesBody, unexpectedBody } from './body.ts';
import type { Access, Authenticator, Identity, Revocations, Route } from './index.ts';
import { addressKey, Limiter } from './limiter.ts';
import { createOriginCheck } from './origin.ts';
import { Problem, problems } from './problem.ts';
import { Proven } from './proven.ts';
import type { Settings } from './settings.ts';

export type Done = (error?: Error) => void;

export interface Gate {
  close(): void;
  /**
   * The `onRequest` hook of a route: it calls `done`, or answers a promise when somebody has to be looked
   * up.
   */
  guard(
    route: Route,
  ): (request: FastifyRequest, reply: FastifyReply, done: Done) => Promise<void> | void;
  /**
   * Why the caller of a request that lasts may not go on: signed out, revoked or demoted people may not.
   * Undefined when they may; the request then carries who they are now. Rejects when nobody can tell.
   */
  refusalOf(request: FastifyRequest, access: Access): Promise<Problem | undefined>;
}

const tooMany = (seconds: number) =>
  new Problem(429, 'http.too-many-requests', `Too many requests. Try again in ${seconds} s.`, {
    retryAfter: seconds,
  });

export function createGate({
  config,
  bodyDeadlines,
  authenticators,
  revocations,
}: {
  config: Settings;
  bodyDeadlines: BodyDeadlines;
  authenticators: readonly Contribution<Authenticator>[];
  revocations?: Revocations | undefined;
}): Gate {
  // Reading the clock costs more than all of the counting, and half a second is exact enough for it.
  let now = performance.now();
  const ticking = setInterval(() => (now = performance.now()), 500).unref();
  const clock = () => now;
  const perAddress = config.rateLimits ? config.anonymousPerMinute : Infinity;
  const signedIn = new Limiter(config.rateLimits ? config.perMinute : Infinity, clock);
  const anonymous = new Limiter(perAddress, clock);
  // Wrong credentials cost a look into the database, so an address that sends many is refused before it,
  // but for those there who have just been right.
  const mistaken = new Limiter(perAddress, clock);
  const proven = new Proven(clock);
  const checkOrigin = createOriginCheck(config.publicUrl);
  const unsubscribe = revocations?.subscribe(({ id }) => proven.forget(id));

  const identify = async (request: FastifyRequest): Promise<Identity | null> => {
    for (const { value } of authenticators) {
      const identity = await value.authenticate(request);
      if (identity !== null) return identity;
    }
    if (request.raw.headers.authorization !== undefined) {
      throw problems.unauthenticated('The credentials in the Authorization header are not valid.');
    }
    return null;
  };

  const admitByCredentials = async (
    request: FastifyRequest,
    admit: (request: FastifyRequest, identity: Identity | null) => Error | undefined,
  ): Promise<void> => {
    const address = addressOf(request);
    const { headers } = request.raw;
    const wait = mistaken.peek(address);
    if (wait > 0 && !proven.has(headers)) throw tooMany(wait);
    const wrong = () => {
      proven.wrong(headers);
      mistaken.take(address);
    };
    const identity = await identify(request).catch((error: unknown) => {
      // A database that is away says nothing about them.
      if (error instanceof Problem && error.status === 401) wrong();
      throw error;
    });
    if (identity === null) wrong();
    else proven.right(headers, identity.id);
    const refused = admit(request, identity);
    if (refused !== undefined) throw refused;
  };

  const guard: Gate['guard'] = (route) => {
    const own =
      route.method === 'WEBSOCKET' || route.perMinute === undefined || !config.rateLimits
        ? null
        : new Limiter(route.perMinute, clock, 10_000);
    const upgrade = route.method === 'WEBSOCKET';
    const streamed = route.method !== 'WEBSOCKET' && route.streamed === true;
    const bodyless = !takesBody(route);
    const admit = (request: FastifyRequest, identity: Identity | null): Error | undefined => {
      const caller = identity?.id ?? addressOf(request);
      const wait =
        (identity === null ? anonymous : signedIn).take(caller) || (own?.take(caller) ?? 0);
      if (wait > 0) return tooMany(wait);
      request.identity = identity;
      const refused = refusal(route.access, identity);
      if (streamed && identity !== null && refused === undefined)
        bodyDeadlines.allowUpload(request.raw);
      return refused;
    };

    return (request, _reply, done) => {
      const { authorization, cookie } = request.raw.headers;
      const fault = faultOf(request.raw.url!);
      if (fault !== undefined) return done(new Problem(400, 'http.malformed', fault));
      if (bodyless && announcesBody(request.raw.headers)) return done(unexpectedBody());
      const foreign = checkOrigin(request, upgrade);
      if (foreign !== undefined) return done(foreign);
      if (authorization === undefined && cookie === undefined) return done(admit(request, null));
      return admitByCredentials(request, admit);
    };
  };

  return {
    guard,
    close() {
      clearInterval(ticking);
      unsubscribe?.();
    },
    async refusalOf(request, access) {
      const { identity: before } = request;
      const identity = await identify(request).catch((error: unknown) => {
        if (error instanceof Problem && error.status === 401) return error;
        throw error;
      });
      if (identity instanceof Problem) return identity;
      if (access !== 'public' && identity?.id !== before?.id) return problems.unauthenticated();
      const refused = refusal(access, identity);
      if (refused === undefined) request.identity = identity;
      return refused;
    },
  };
}

/** A client that is gone already has no address; what it sent must not take the process down. */
const addressOf = (request: FastifyRequest) => addressKey(request.ip ?? 'gone');

function refusal(access: Access, identity: Identity | null): Problem | undefined {
  if (access === 'public') return undefined;
  if (identity === null) return problems.unauthenticated();
  if (access === 'agent')
    return identity.kind === 'agent' ? undefined : problems.forbidden('Only agents may do this.');
  if (identity.kind === 'agent') {
    const admitted = access !== 'signed-in' && access.agents === true;
    return admitted ? undefined : problems.forbidden('Agents may not do this.');
  }
  if (access === 'signed-in')
    return identity.kind === 'service'
      ? problems.forbidden('Only somebody with an account may do this.')
      : undefined;
  if (identity.can(access.permission)) return undefined;
  return problems.forbidden(
    identity.kind === 'api-key'
      ? `This API key may not do this: it needs the scope "${access.permission}".`
      : undefined,
  );
}

/** A query with a broken escape would be read as the text that it is written in, and mean something else. */
function faultOf(url: string): string | undefined {
  if (!url.includes('%')) return undefined;
  if (url.includes('%00')) return 'The address holds a NUL character.';
  try {
    decodeURIComponent(url);
    return undefined;
  } catch {
    return 'The address holds a broken %-escape.';
  }
}
