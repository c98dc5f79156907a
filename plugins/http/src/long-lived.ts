/**
 * Connections that stay open: consoles and event streams. Each is pinged, its caller needs a permit for as
 * long as it lasts, callers may hold only so many, and all of them are told when the platform stops.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import type { Access } from './index.ts';
import { addressKey } from './limiter.ts';
import type { Permits } from './permits.ts';
import { Problem } from './problem.ts';
import type { Settings } from './settings.ts';
import { excludeFromMetrics } from './metered-response.ts';

interface Connection {
  readonly request: FastifyRequest;
  readonly access: Access;
  readonly caller: string;
  /** The route's own check, see `SocketDefinition.before`. */
  readonly before?: (() => unknown) | undefined;
  /** Asks the other side for a sign of life; ends the connection when the last one stayed unanswered. */
  ping(): void;
  end(code: number, reason: string): void;
}

export class LongLived {
  readonly #open = new Set<Connection>();
  readonly #perCaller = new Map<string, number>();
  readonly #config: Settings;
  readonly #permits: Permits;
  #timer: NodeJS.Timeout | undefined;

  constructor({ config, permits }: { config: Settings; permits: Permits }) {
    this.#config = config;
    this.#permits = permits;
  }

  get size(): number {
    return this.#open.size;
  }

  /** How many are open, by the route's pattern. */
  byRoute(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { request } of this.#open) {
      const route = request.routeOptions.url ?? 'none';
      counts.set(route, (counts.get(route) ?? 0) + 1);
    }
    return counts;
  }

  /** Throws a 429 when the caller has as many as one may have. */
  assertRoom(request: FastifyRequest): void {
    if ((this.#perCaller.get(callerOf(request)) ?? 0) < this.#config.socketsPerCaller) return;
    throw new Problem(
      429,
      'http.too-many-connections',
      `You have ${this.#config.socketsPerCaller} live connections open. Close some of them first.`,
      { retryAfter: 10 },
    );
  }

  addSocket(
    request: FastifyRequest,
    socket: WebSocket,
    access: Access,
    before?: () => unknown,
  ): void {
    let answered = true;
    socket.on('pong', () => (answered = true));
    const leave = this.#add({
      request,
      access,
      before,
      caller: callerOf(request),
      ping() {
        if (!answered) return socket.terminate();
        answered = false;
        socket.ping();
      },
      end(code, reason) {
        socket.close(code, reason);
        setTimeout(() => socket.terminate(), 2000).unref();
      },
    });
    socket.on('close', leave);
  }

  /** A reply whose handler took it over with `hijack()` before its first `await`. */
  addStream(request: FastifyRequest, reply: FastifyReply, access: Access): void {
    const { raw } = reply;
    excludeFromMetrics(raw);
    const leave = this.#add({
      request,
      access,
      caller: callerOf(request),
      ping: () => undefined,
      end: () => raw.end(),
    });
    raw.on('close', leave);
  }

  /** Ends all of them: the platform is going away. */
  endAll(): void {
    clearInterval(this.#timer);
    for (const connection of this.#open) connection.end(1001, 'The platform is stopping.');
  }

  #add(connection: Connection): () => void {
    const { caller, request, access, before } = connection;
    this.#open.add(connection);
    this.#perCaller.set(caller, (this.#perCaller.get(caller) ?? 0) + 1);
    this.#timer ??= setInterval(() => {
      for (const each of this.#open) each.ping();
    }, this.#config.recheckSeconds * 1000).unref();
    // A public one too: its route's own check must ask about who its caller is now, not who that was.
    const release = this.#permits.add({
      request,
      access,
      administrator: request.identity?.administrator === true,
      recheck: before,
      refused: ({ status }) =>
        connection.end(
          1008,
          status === 401 ? 'You are not signed in any more.' : 'You may not see this any more.',
        ),
    });
    return () => {
      release();
      if (!this.#open.delete(connection)) return;
      const left = (this.#perCaller.get(caller) ?? 1) - 1;
      if (left === 0) this.#perCaller.delete(caller);
      else this.#perCaller.set(caller, left);
    };
  }
}

function callerOf(request: FastifyRequest): string {
  return request.identity?.id ?? addressKey(request.ip ?? 'gone');
}
