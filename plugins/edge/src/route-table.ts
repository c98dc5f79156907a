/** Finds a route by host name; a new set replaces the table in one step. */
import type { Route, RouteSet } from '@zlh/routing';

export class RouteTable {
  #byHost = new Map<string, Route>();
  #revision = 0;

  get revision(): number {
    return this.#revision;
  }

  replace(set: RouteSet): void {
    this.#byHost = new Map(set.routes.flatMap((route) => route.hosts.map((host) => [host, route])));
    this.#revision = set.revision;
  }

  find(host: string): Route | undefined {
    return this.#byHost.get(host);
  }
}
