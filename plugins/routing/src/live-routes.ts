/**
 * Keeps the routes of this process in step with the instances. Guarantees: a set is made from one reading
 * of the database, and a change during a reading causes another one. A reading now and then finds changes
 * whose event was lost.
 */
import type { Contribution, Logger } from '@zlh/kernel';
import type { DomainEvent, Events } from '@zlh/events';
import type { Endpoint, InstanceDirectory } from '@zlh/instances';
import type { Route, RouteSet, Routing, Waker } from './index.ts';
import type { Settings } from './settings.ts';

interface Deps {
  readonly config: Settings;
  readonly directory: InstanceDirectory;
  readonly events: Events;
  readonly wakers: readonly Contribution<Waker>[];
  readonly log: Logger;
}

/** Events are at most once: what was missed is found this much later. */
const rereadMs = 15_000;

export class LiveRoutes implements Routing {
  readonly #deps: Deps;
  readonly #listeners = new Set<(set: RouteSet) => void>();
  #ownersOfPorts = new Map<number, string>();
  #set: RouteSet = { revision: 0, routes: [] };
  #reading: Promise<void> | undefined;
  #isStale = false;
  #timer: NodeJS.Timeout | undefined;
  #unsubscribe = () => {};

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  get domain(): string {
    return this.#deps.config.domain;
  }

  get current(): RouteSet {
    return this.#set;
  }

  /** Rejects when the first reading fails. */
  async begin(): Promise<void> {
    this.#unsubscribe = this.#deps.events.subscribe((event) => this.#onEvent(event));
    await this.#read();
    this.#timer = setInterval(() => this.refresh(), rereadMs);
  }

  async end(): Promise<void> {
    this.#unsubscribe();
    clearInterval(this.#timer);
    await this.#reading;
  }

  ownerOfPort(port: number): string | undefined {
    return this.#ownersOfPorts.get(port);
  }

  async wake(instanceId: string): Promise<boolean> {
    for (const { value } of this.#deps.wakers) if (await value.wake(instanceId)) return true;
    return false;
  }

  hostsOf({ hostname }: { readonly hostname: string }): readonly string[] {
    return [`${hostname}.${this.domain}`];
  }

  subscribe(listener: (set: RouteSet) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed(since: number, signal: AbortSignal): Promise<RouteSet> {
    if (this.#set.revision !== since) return Promise.resolve(this.#set);
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const stop = this.subscribe((set) => {
        stop();
        signal.removeEventListener('abort', onAbort);
        resolve(set);
      });
      const onAbort = () => {
        stop();
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Reads again soon; a failure leaves the routes as they are. */
  refresh(): void {
    this.#isStale = true;
    this.#reading ??= this.#readUntilFresh();
  }

  #onEvent({ type }: DomainEvent): void {
    if (type === 'instances.changed') this.refresh();
  }

  async #readUntilFresh(): Promise<void> {
    try {
      while (this.#isStale) {
        this.#isStale = false;
        await this.#read();
      }
    } catch (err) {
      this.#deps.log.warn({ err }, 'The routes could not be read; players are led as before.');
    } finally {
      this.#reading = undefined;
    }
  }

  async #read(): Promise<void> {
    const endpoints = await this.#deps.directory.list();
    this.#ownersOfPorts = new Map(
      endpoints.flatMap(({ name, ports }) => ports.map(({ port }) => [port, name])),
    );
    const asleep = await Promise.all(this.#deps.wakers.map(({ value }) => value.asleep()));
    const sleeps = (id: string) => asleep.some((ids) => ids.has(id));
    const routes = endpoints.map((endpoint) => this.#route(endpoint, sleeps(endpoint.id)));
    if (JSON.stringify(routes) === JSON.stringify(this.#set.routes)) return;
    this.#set = { revision: this.#set.revision + 1, routes };
    for (const listener of this.#listeners) listener(this.#set);
  }

  #route(endpoint: Endpoint, sleeps: boolean): Route {
    const { id, name, observed, ready } = endpoint;
    return {
      instanceId: id,
      name,
      hosts: this.hostsOf(endpoint),
      state: sleeps && observed === 'stopped' ? 'asleep' : observed,
      speaksTcp: endpoint.ports.some(speaksTcp),
      target: ready ? targetOf(endpoint) : null,
    };
  }
}

const speaksTcp = ({ protocol }: Endpoint['ports'][number]) => protocol === 'tcp';

function targetOf({ ports }: Endpoint): Route['target'] {
  const port = ports.find(speaksTcp);
  if (port === undefined) return null;
  const isEverywhere = port.host === '0.0.0.0' || port.host === '::';
  return { host: isEverywhere ? '127.0.0.1' : port.host, port: port.port };
}
