/**
 * The life of the HTTP server: made in `start`, listening from `ready` on, drained and closed at the end.
 * Draining finishes what is under way and tells everybody with an open console or event stream to come back.
 */
import type { Contribution, Logger } from '@zlh/kernel';
import type { FastifyInstance } from 'fastify';
import { createApp } from './app.ts';
import { errors, listenError } from './errors.ts';
import type { Gate } from './gate.ts';
import type { Http, IdempotencyStore, Listening, Route } from './index.ts';
import type { LongLived } from './long-lived.ts';
import { placeRoutes } from './mount.ts';
import type { RequestMeter } from './request-meter.ts';
import type { Settings } from './settings.ts';

interface Parts {
  readonly config: Settings;
  readonly log: Logger;
  readonly routes: readonly Contribution<readonly Route[]>[];
  readonly listening: readonly Contribution<Listening>[];
  readonly idempotency: IdempotencyStore | undefined;
  readonly gate: Gate;
  readonly longLived: LongLived;
  readonly meter: RequestMeter;
}

export class Server implements Http {
  readonly listening: Promise<string>;
  readonly #parts: Parts;
  readonly #announce: (url: string) => void;
  #app: FastifyInstance | undefined;
  #url: string | undefined;
  #closed: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.listening = promise;
    this.#announce = resolve;
  }

  get url(): string {
    if (this.#url === undefined) throw errors.notListening();
    return this.#url;
  }

  /** Where people reach it. */
  get publicUrl(): string {
    return this.#parts.config.publicUrl ?? this.url;
  }

  get app(): FastifyInstance {
    if (this.#app === undefined) throw errors.notListening();
    return this.#app;
  }

  async build(): Promise<void> {
    const { config, log, routes, gate, longLived, meter, idempotency } = this.#parts;
    this.#app = await createApp(config, placeRoutes(routes), {
      gate,
      longLived,
      meter,
      idempotency,
      log,
      checkAnswers: config.checkAnswers,
    });
  }

  async listen(): Promise<void> {
    const { config, log, listening, meter } = this.#parts;
    meter.begin();
    const { host, port } = config;
    try {
      await this.app.listen({ host, port, listenTextResolver: () => '' });
    } catch (error) {
      throw listenError(error as NodeJS.ErrnoException, host, port);
    }
    const address = this.app.server.address();
    const bound = typeof address === 'object' && address !== null ? address.port : port;
    this.#url = `http://${reachable(host)}:${bound}`;
    log.info(`listening at ${this.#url}`);
    this.#announce(this.#url);
    for (const { value } of listening) value(this.publicUrl);
  }

  /** Stops accepting, ends the long connections, and waits for requests under way, but not for ever. */
  async drain(): Promise<void> {
    if (this.#app === undefined) return;
    const { config, longLived } = this.#parts;
    const { server } = this.#app;
    longLived.endAll();
    this.#closed = Promise.resolve(this.#app.close());
    // A connection that falls idle after we began to close stays open unless somebody looks.
    const sweep = setInterval(() => server.closeIdleConnections(), 50);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, config.drainSeconds * 1000);
    });
    await Promise.race([this.#closed, late]);
    clearTimeout(timer);
    clearInterval(sweep);
  }

  async close(): Promise<void> {
    this.#parts.meter.end();
    this.#closed ??= Promise.resolve(this.#app?.close());
    this.#app?.server.closeAllConnections();
    await this.#closed;
  }
}

function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
