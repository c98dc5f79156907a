/**
 * The contract of `http`: how a plugin offers routes, who is asking, and how a request is refused.
 * Routes are declared as data, so that documents, permissions and tests can be made from the same list.
 */
import { point, token } from '@zlh/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Static, TObject, TSchema } from 'typebox';
import type { WebSocket } from 'ws';

/** Fastify's own, for code behind a handler that reads cookies or sets headers. */
export type { FastifyReply as HttpReply, FastifyRequest as HttpRequest } from 'fastify';
export { Problem, problems, type FieldFault } from './problem.ts';
export { readCookies, readPlainCookies, writeCookie } from './cookies.ts';
export { addressKey } from './limiter.ts';
export { page, pageQuery, encodeCursor, decodeCursor, type Page } from './page.ts';

/** Who is asking. */
export interface Identity {
  /**
   * `user`: a session; `api-key`: a key of a user; `agent`: the agent of one instance; `service`: a program
   * of the host without an account, which may do what its permissions say and nothing that only asks for a
   * sign-in.
   */
  readonly kind: 'user' | 'api-key' | 'agent' | 'service';
  /** The user's id; for agents the instance's id. */
  readonly id: string;
  /** For people: e-mail address. For logs and "asked by". */
  readonly label: string;
  readonly administrator: boolean;
  /** Whether role and, for keys, scopes allow it. Whose the resource is, is the service's business. */
  can(permission: string): boolean;
}

/** Finds out who is asking; the first that answers wins, `null` lets the next one try. */
export interface Authenticator {
  /** Throws `problems.unauthenticated()` when credentials were given and are wrong. */
  authenticate(request: FastifyRequest): Promise<Identity | null>;
}
declare module 'fastify' {
  interface FastifyRequest {
    /** Set before the body is read; null for strangers. */
    identity: Identity | null;
    /** Null on routes whose requests do not last. */
    permit: Permit | null;
  }
}

/**
 * The caller's permission for as long as the request lasts: on routes that are `streamed` or declare no
 * answer.
 */
export interface Permit {
  /** Aborted with the refusal, once the caller may not go on. */
  readonly signal: AbortSignal;
  /** Asks again, before a last step. Throws the refusal, and also when nobody can tell. */
  confirm(): Promise<void>;
}

/** Somebody may do less than before. */
export interface Revocation {
  /**
   * Of the user, of the agent's instance, or of anything that addresses name; null: some may have been
   * missed.
   */
  readonly id: string | null;
}

/** Tells of revocations of all processes, after they are committed. Provided by whoever knows people. */
export interface Revocations {
  /** Answers how to stop hearing. */
  subscribe(listener: (revocation: Revocation) => void): () => void;
}
export const Revocations = token<Revocations>('http.revocations');

export const Authenticators = point<Authenticator>('http.authenticators');

/** Who may call a route. */
export type Access =
  /** Anybody. `request.identity` may be null. */
  | 'public'
  /** Any signed-in user or key, whatever its scopes. */
  | 'signed-in'
  /** Agents only. */
  | 'agent'
  /** Whoever's role and scopes include the permission, and with `agents` any agent as well. */
  | { readonly permission: string; readonly agents?: true };

export interface RouteSchemas {
  readonly params?: TObject;
  readonly query?: TObject;
  readonly headers?: TObject;
  readonly body?: TSchema;
  /**
   * Status → body. `Type.Null()` for an empty one. Problems need not be listed. Where one success is
   * declared, it is what the route answers unless its handler sets another status.
   */
  readonly response?: Readonly<Record<number, TSchema>>;
}

type Shape<S> = S extends TSchema ? Static<S> : unknown;

export type RouteRequest<S extends RouteSchemas> = Omit<
  FastifyRequest,
  'params' | 'query' | 'body' | 'headers' | 'permit'
> & {
  readonly params: Shape<S['params']>;
  readonly query: Shape<S['query']>;
  readonly body: Shape<S['body']>;
  readonly headers: FastifyRequest['headers'] &
    (S['headers'] extends TObject ? Static<S['headers']> : unknown);
  /** Never null on routes that are not `public`. */
  readonly identity: Identity;
  /** Never null on routes that are `streamed` or declare no answer, and are not `public`. */
  readonly permit: Permit;
};

export interface RouteDefinition<S extends RouteSchemas> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS';
  /** `/api/instances/:id` */
  readonly url: string;
  /** One line for the API document. */
  readonly summary: string;
  readonly description?: string;
  readonly access: Access;
  readonly schema?: S;
  /** Requests per minute and caller; default from the settings. */
  readonly perMinute?: number;
  /** Largest JSON body in bytes; default 16 KiB. A route without a schema for its body takes none at all. */
  readonly bodyLimit?: number;
  /**
   * The handler reads the body itself, from `request.raw`: bytes of any type and, but for its own limits,
   * any length.
   */
  readonly streamed?: boolean;
  /** Repeats with the same `Idempotency-Key` get the first answer. Only for POST that creates. */
  readonly idempotent?: boolean;
  /** Leaves the route out of the API document. */
  readonly hidden?: boolean;
  /**
   * Asked again while the request lasts, see {@link Permit}, with `identity` as it is by then: throw a 401,
   * 403 or 404 to end it. Without one only `access` is asked for again.
   */
  recheck?(request: RouteRequest<S>): unknown;
  handler(request: RouteRequest<S>, reply: FastifyReply): unknown;
}

/** A WebSocket; the checks of `access`, and of the Origin for browsers, ran before `open` is called. */
export interface SocketDefinition<S extends RouteSchemas> {
  readonly method: 'WEBSOCKET';
  readonly url: string;
  readonly summary: string;
  readonly description?: string;
  readonly access: Access;
  readonly schema?: S;
  /**
   * Runs before the upgrade: throw a Problem to refuse with an HTTP answer. Asked again after revocations
   * and now and then while the socket is open, with `identity` as it is by then: a 401, 403 or 404 closes
   * it.
   */
  before?(request: RouteRequest<S>): unknown;
  open(socket: WebSocket, request: RouteRequest<S>): void;
}

// oxlint-disable-next-line typescript/no-explicit-any -- routes of every shape stand in one list
export type Route = RouteDefinition<any> | SocketDefinition<any>;

export function defineRoute<const S extends RouteSchemas>(route: RouteDefinition<S>): Route {
  return route;
}

export function defineSocket<const S extends RouteSchemas>(
  route: Omit<SocketDefinition<S>, 'method'>,
): Route {
  return { ...route, method: 'WEBSOCKET' };
}

/**
 * Plugins add arrays: `add(Routes, instanceRoutes)`. Only handlers read `use`: `zlh openapi` lists routes
 * before a start.
 */
export const Routes = point<readonly Route[]>('http.routes');

/** Named conditions of `GET /health/ready`: database reachable, worker running … */
export interface ReadinessCheck {
  readonly name: string;
  /** Answers null when fine, otherwise one sentence. */
  check(): Promise<string | null>;
}
export const ReadinessChecks = point<ReadinessCheck>('http.readiness');

/** Keeps the first answer of a POST for its `Idempotency-Key`. Provided by whoever has a database. */
export interface IdempotencyStore {
  /**
   * Runs `work` once per caller, route and key. A repeat gets the recorded answer; a repeat while the first
   * still runs, or with another body, is refused with 409 / 422.
   */
  once(
    request: { caller: string; route: string; key: string; bodyHash: string },
    work: () => Promise<RecordedAnswer>,
  ): Promise<RecordedAnswer>;
}
export interface RecordedAnswer {
  readonly status: number;
  readonly body: unknown;
}
export const Idempotency = token<IdempotencyStore>('http.idempotency');

/**
 * Called with the address people use, once this process listens. For plugins that `http` itself may need,
 * which therefore cannot need `Http`.
 */
export type Listening = (publicUrl: string) => void;
export const ListeningHooks = point<Listening>('http.listening');

/**
 * A name by which something of the platform asks it, without a scheme: requests that name no known host are
 * refused.
 */
export const HostNames = point<string>('http.host-names');

/**
 * Takes every request that names a host of the plugin, whatever its path: `a1b2.ide.example.org`. The
 * platform's own names come first, and a host that nobody takes is refused with 421.
 *
 * The plugin does everything itself: no route, gate, limit or deadline of the platform applies, and
 * nobody has asked who the caller is. Open sockets end with the plugin's `drain`.
 */
export interface HostRoute {
  /** Asked at each request: in lower case, without a port or a final dot. */
  matches(host: string): boolean;
  /** The body has not been read. */
  handle(request: IncomingMessage, response: ServerResponse): void | Promise<void>;
  /** A WebSocket. Without this member it is refused. */
  upgrade?(request: IncomingMessage, socket: Duplex, head: Buffer): void | Promise<void>;
}
export const HostRoutes = point<HostRoute>('http.host-routes');

/**
 * Where programs of customers run and are reached: `doctor` warns of what they can do to the platform from
 * there.
 */
export interface TenantAddress {
  /** Whose they are: `the servers of provider-local`. */
  readonly who: string;
  /** The name or address that players connect to. */
  readonly host: string;
  /** They reach the platform from an address of its own machine, as a reverse proxy there does. */
  readonly onThisMachine: boolean;
}
export const TenantAddresses = point<TenantAddress>('http.tenant-addresses');

/** The listening server. */
export interface Http {
  /** Where this process listens, as `http://127.0.0.1:4000`; known once every plugin is ready. */
  readonly url: string;
  /** Where people reach the platform: the setting `publicUrl`, or `url`. */
  readonly publicUrl: string;
  /** Settled when it listens. */
  readonly listening: Promise<string>;
  /** Answers a request that another plugin's listener took, as if it had come in here. */
  handle(request: IncomingMessage, response: ServerResponse): void;
}
export const Http = token<Http>('http');
