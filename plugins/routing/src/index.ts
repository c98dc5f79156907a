/**
 * The contract of `routing`: which host names lead to which instance, and where its players are sent.
 * Guarantees: a route has a target only while the last probe of its instance has succeeded.
 */
import { point, token } from '@zlh/kernel';

export interface Route {
  readonly instanceId: string;
  /** For people. */
  readonly name: string;
  /** Lower case: `mc-paper-5001.play.example.org`. */
  readonly hosts: readonly string[];
  /** The instance's `observed`, or `asleep`. */
  readonly state: string;
  /** Host names lead over TCP alone. */
  readonly speaksTcp: boolean;
  /** Null unless players can join. */
  readonly target: { readonly host: string; readonly port: number } | null;
}

export interface RouteSet {
  /** Rises with each change; starts anew with the process. */
  readonly revision: number;
  readonly routes: readonly Route[];
}

export interface Routing {
  /** Host names are `<instance's host name>.<domain>`. */
  readonly domain: string;
  readonly current: RouteSet;
  /** The first set whose revision is another one; rejects when the signal aborts. */
  changed(since: number, signal: AbortSignal): Promise<RouteSet>;
  /** Called with each new set from now on. Answers how to stop. */
  subscribe(listener: (set: RouteSet) => void): () => void;
  /** The name of the instance whose game has a port of its own there, running or not. */
  ownerOfPort(port: number): string | undefined;
  /** Starts an instance whose state is `asleep`, for a player. False when it is not to be woken now. */
  wake(instanceId: string): Promise<boolean>;
  /** The host names of an instance. */
  hostsOf(instance: { readonly hostname: string }): readonly string[];
}
export const Routing = token<Routing>('routing');

/** Knows which instances sleep, and starts one for a player. */
export interface Waker {
  /** Ids. Their routes have the state `asleep` while they are stopped. */
  asleep(): Promise<ReadonlySet<string>>;
  /** Starts a sleeping instance. False when it is not to be woken now; true also when it starts already. */
  wake(instanceId: string): Promise<boolean>;
}
export const Wakers = point<Waker>('routing.wakers');

/** Somebody who leads players by the routes: an edge, a proxy. */
export interface RouteConsumer {
  /** `edge` */
  readonly id: string;
  /** Where players reach it; null while they cannot. */
  port(): number | null;
  /** Of the routes in force there. */
  revision(): number;
  /** Players that it leads now. */
  connections(): number;
}
export const RouteConsumers = point<RouteConsumer>('routing.consumers');
