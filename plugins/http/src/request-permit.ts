/**
 * The permit of one request whose body or answer is of any size. A revoked caller gets the refusal as the
 * answer where none has begun. A download that has begun is broken off: half of a file must not look whole.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Permit, RouteDefinition } from './index.ts';
import type { Holder, Permits } from './permits.ts';
import type { Problem } from './problem.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- routes of every shape are handled alike
type AnyRoute = RouteDefinition<any>;

/** For the handler to answer with the refusal. */
const answeredWithinMs = 500;

/** Whether requests of the route may last: whoever declares an answer hands on no bytes of others. */
export const lasts = (route: AnyRoute): boolean =>
  route.access !== 'public' && (route.streamed === true || route.schema?.response === undefined);

export class RequestPermit implements Permit {
  readonly #stop = new AbortController();
  readonly #permits: Permits;
  readonly #holder: Holder;
  readonly #reply: FastifyReply;
  readonly release: () => void;

  constructor(permits: Permits, route: AnyRoute, request: FastifyRequest, reply: FastifyReply) {
    this.#permits = permits;
    this.#reply = reply;
    this.#holder = {
      request,
      access: route.access,
      administrator: request.identity?.administrator === true,
      recheck: route.recheck && (() => route.recheck!(request as never)),
      refused: (why) => this.#end(why),
    };
    this.release = permits.add(this.#holder);
    reply.raw.once('close', this.release);
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  confirm(): Promise<void> {
    return this.#permits.confirm(this.#holder);
  }

  #end(why: Problem): void {
    const { raw } = this.#reply;
    if (raw.headersSent) {
      raw.destroy();
      return;
    }
    // The rest of the body would otherwise be read to its end.
    raw.shouldKeepAlive = false;
    this.#stop.abort(why);
    setTimeout(() => {
      if (!raw.headersSent) raw.destroy();
    }, answeredWithinMs).unref();
  }
}
