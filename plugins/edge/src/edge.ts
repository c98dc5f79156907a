/** The edge: one TCP port on which players reach every server by its host name. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Logger } from '@zlh/kernel';
import type { Route, Routing } from '@zlh/routing';
import { ConnectionCounter } from './connection-counter.ts';
import { isComing, serveConnection } from './player-connection.ts';
import { RouteTable } from './route-table.ts';
import type { Settings } from './settings.ts';

interface Deps {
  readonly config: Settings;
  readonly log: Logger;
  readonly routing: Routing;
}

export class Edge {
  readonly #deps: Deps;
  readonly #table = new RouteTable();
  readonly #counter: ConnectionCounter;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #unsubscribe = () => {};

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#counter = new ConnectionCounter(deps.config);
  }

  /** Null while it does not listen. */
  get port(): number | null {
    return (this.#server?.address() as AddressInfo | null | undefined)?.port ?? null;
  }

  get connections(): number {
    return this.#counter.open;
  }

  /** The revision of the routes in force. */
  get revision(): number {
    return this.#table.revision;
  }

  /** @throws the system's error when the port cannot be had */
  async start(): Promise<void> {
    const { config, routing } = this.#deps;
    const server = createServer(
      { noDelay: true, keepAlive: true, highWaterMark: config.bufferBytes },
      (socket) => this.#accept(socket),
    );
    server.listen(config.port, config.host);
    await once(server, 'listening');
    this.#unsubscribe = routing.subscribe((set) => this.#table.replace(set));
    this.#table.replace(routing.current);
    this.#server = server;
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #untilReady(id: string, signal: AbortSignal): Promise<Route> {
    const { routing } = this.#deps;
    for (let set = routing.current; ; set = await routing.changed(set.revision, signal)) {
      const route = set.routes.find(({ instanceId }) => instanceId === id);
      if (route?.target) return route;
      if (!isComing(route)) throw new Error('The server does not start.');
    }
  }

  #accept(socket: Socket): void {
    const release = this.#counter.take(socket.remoteAddress ?? '');
    if (release === undefined) return void socket.destroy();
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      release();
    });
    serveConnection(
      socket,
      {
        ...this.#deps.config,
        find: (host) => this.#table.find(host),
        wake: ({ instanceId }) => this.#deps.routing.wake(instanceId),
        untilReady: ({ instanceId }, signal) => this.#untilReady(instanceId, signal),
      },
      ({ name, instanceId }) =>
        this.#deps.log.debug({ instanceId }, `A player is sent to "${name}".`),
    );
  }
}
