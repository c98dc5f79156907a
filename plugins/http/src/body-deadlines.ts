/**
 * How long a body may take to arrive. Guarantees: whoever sends it drop by drop is answered 408 and let go of after
 * `bodySeconds`, and a refused body is not waited for; files that signed-in people upload need only not stand still.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Problem } from './problem.ts';
import type { Settings } from './settings.ts';

interface Pending {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** When it began, or when a byte of an upload was seen last. */
  since: number;
  isUpload: boolean;
  bytesSeen: number;
  answeredAt: number | undefined;
}

const sweepEveryMs = 1000;
/** An upload that stands still for as long has nobody behind it. */
const maxStillMs = 300_000;
/** So long a refused client may go on sending: it reads the refusal meanwhile. */
const lingerMs = 5000;

export const tooSlow = () =>
  new Problem(408, 'http.too-slow', 'The request did not arrive in time. Send it again.');

export class BodyDeadlines {
  readonly #pending = new Map<IncomingMessage, Pending>();
  readonly #maxMs: number;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    { config }: { readonly config: Settings },
    now: () => number = () => performance.now(),
  ) {
    this.#maxMs = config.bodySeconds * 1000;
    this.#now = now;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** From the headers on, for requests that announce a body. */
  watch(request: IncomingMessage, response: ServerResponse): void {
    this.#pending.set(request, {
      request,
      response,
      since: this.#now(),
      isUpload: false,
      bytesSeen: 0,
      answeredAt: undefined,
    });
    this.#timer ??= setInterval(() => this.sweep(), Math.min(sweepEveryMs, this.#maxMs)).unref();
  }

  /** Somebody who is signed in sends a file: it takes as long as it takes. */
  allowUpload(request: IncomingMessage): void {
    const pending = this.#pending.get(request);
    if (pending !== undefined) pending.isUpload = true;
  }

  /** Lets go of what is late; called every second while anything is watched. */
  sweep(): void {
    for (const pending of this.#pending.values()) {
      const { request } = pending;
      if (request.complete || request.destroyed || request.socket.destroyed)
        this.#pending.delete(request);
      else if (this.#isLate(pending)) {
        this.#pending.delete(request);
        end(pending);
      }
    }
    if (this.#pending.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#pending.clear();
  }

  #isLate(pending: Pending): boolean {
    const now = this.#now();
    if (pending.isUpload) {
      const { bytesRead } = pending.request.socket;
      if (bytesRead !== pending.bytesSeen) pending.since = now;
      pending.bytesSeen = bytesRead;
      return now - pending.since >= maxStillMs;
    }
    if (pending.response.writableFinished) {
      pending.answeredAt ??= now;
      return now - pending.answeredAt >= lingerMs;
    }
    return now - pending.since >= this.#maxMs;
  }
}

/** Whoever reads the body hears why it ends, and answers; where nobody does, the connection just ends. */
function end({ request, response }: Pending): void {
  if (response.headersSent || request.listenerCount('error') === 0) request.socket.destroy();
  else request.emit('error', tooSlow());
}
