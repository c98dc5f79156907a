/**
 * The life of the HTTP server: made in `start`, listening from `ready` on, drained and closed at the end.
 * Draining finishes what is under way and tells everybody with an open console or event stream to come back.
 */
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import type { Contribution, Logger } from '@zlh/kernel';
import type { FastifyInstance } from 'fastify';
import { createApp, serverOptions } from './app.ts';
import type { BodyDeadlines } from './body-deadlines.ts';
import { errors, listenError } from './errors.ts';
import type { Gate } from './gate.ts';
import type { HostRoute, Http, IdempotencyStore, Listening, Route } from './index.ts';
import type { LongLived } from './long-lived.ts';
import type { Permits } from './permits.ts';
import { placeRoutes } from './mount.ts';
import { listenForProxies } from './proxy-listener.ts';
import type { RequestMeter } from './request-meter.ts';
import type { Settings } from './settings.ts';

interface Parts {
  readonly config: Settings;
  readonly log: Logger;
  readonly routes: readonly Contribution<readonly Route[]>[];
  readonly listening: readonly Contribution<Listening>[];
  readonly hostNames: readonly Contribution<string>[];
  readonly hostRoutes: readonly Contribution<HostRoute>[];
  readonly idempotency: IdempotencyStore | undefined;
  readonly gate: Gate;
  readonly longLived: LongLived;
  readonly bodyDeadlines: BodyDeadlines;
  readonly permits: Permits;
  readonly meter: RequestMeter;
}

export class Server implements Http {
  readonly listening: Promise<string>;
  readonly #parts: Parts;
  readonly #announce: (url: string) => void;
  #app: FastifyInstance | undefined;
  #url: string | undefined;
  #forProxies: HttpServer | undefined;
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

  handle(request: IncomingMessage, response: ServerResponse): void {
    this.app.routing(request, response);
  }

  get app(): FastifyInstance {
    if (this.#app === undefined) throw errors.notListening();
    return this.#app;
  }

  async build(): Promise<void> {
    const { config, log, routes, hostNames, hostRoutes, gate, longLived, permits } = this.#parts;
    const { bodyDeadlines, meter, idempotency } = this.#parts;
    this.#app = await createApp(config, placeRoutes(routes), {
      gate,
      longLived,
      bodyDeadlines,
      permits,
      meter,
      idempotency,
      log,
      checkAnswers: config.checkAnswers,
      hostNames: hostNames.map(({ value }) => value),
      hostRoutes,
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
    await this.#listenForProxies();
    this.#announce(this.#url);
    for (const { value } of listening) value(this.publicUrl);
  }

  async #listenForProxies(): Promise<void> {
    const { config, log } = this.#parts;
    const { proxySocket: path, proxySocketGroup: group } = config;
    if (path === undefined) return;
    this.#forProxies = await listenForProxies(this.app, serverOptions, { path, group });
    log.info(`listening for reverse proxies at ${path}`);
  }

  /** Stops accepting, ends the long connections, and waits for requests under way, but not for ever. */
  async drain(): Promise<void> {
    if (this.#app === undefined) return;
    const { config, longLived } = this.#parts;
    const servers = this.#servers();
    longLived.endAll();
    this.#closed = this.#closeAll();
    // A connection that falls idle after we began to close stays open unless somebody looks.
    const sweep = setInterval(() => servers.forEach((server) => server.closeIdleConnections()), 50);
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
    this.#closed ??= this.#closeAll();
    for (const server of this.#servers()) server.closeAllConnections();
    await this.#closed;
  }

  async #closeAll(): Promise<void> {
    const forProxies = this.#forProxies;
    const closed = forProxies && new Promise((resolve) => forProxies.close(resolve));
    await Promise.all([this.#app?.close(), closed]);
  }

  #servers(): readonly HttpServer[] {
    return [this.#app?.server, this.#forProxies].filter((server) => server !== undefined);
  }
}

function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
