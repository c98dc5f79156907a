/** Lists every instance with where its players go, for whoever leads players to it. */
import type { Database, EntityManager } from '@zlh/database';
import type { Endpoint, InstanceDirectory } from './index.ts';
import { Instance } from './schema.ts';

interface Deps {
  readonly database: Database;
}

export class Directory implements InstanceDirectory {
  readonly #database: Database;

  constructor({ database }: Deps) {
    this.#database = database;
  }

  async list(em: EntityManager = this.#database.fork()): Promise<readonly Endpoint[]> {
    const instances = await em.find(Instance, {}, { orderBy: { vmid: 'asc' } });
    return instances.map(({ id, kind, name, hostname, ownerId, observed, ready, placement }) => ({
      id,
      kind,
      name,
      hostname,
      ownerId,
      observed: observed as Endpoint['observed'],
      ready,
      address: placement?.address ?? null,
      ports: placement?.ports ?? [],
    }));
  }
}
