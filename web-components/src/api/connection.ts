/**
 * One platform as seen by the elements of a page: the client, the live events and the things kept current by them.
 * Elements that name the same server and token share one, and with it one event stream.
 */
import { ask, askMaybe, createClient } from './client.ts';
import type { ApiClient } from './client.ts';
import { Collection } from './collection.ts';
import { Live } from './live.ts';
import { Parts } from './parts.ts';
import type { User } from './schema.ts';
import type { Instance, Operation } from './schema.ts';

const LIMIT = 100;

export class Connection extends EventTarget {
  readonly server: string;
  readonly token: string;
  readonly client: ApiClient;
  readonly live: Live;
  readonly instances: Collection<Instance>;
  readonly operations: Collection<Operation>;
  readonly parts: Parts;
  /** Whoever is signed in, once somebody asked. */
  me: User | undefined;

  constructor(server: string, token: string) {
    super();
    this.server = server;
    this.token = token;
    const onSignedOut = (): void => void this.dispatchEvent(new Event('signed-out'));
    this.client = createClient({ server, token, onSignedOut });
    this.live = new Live({ server, token, onSignedOut });
    this.instances = instancesOf(this.client, (instance) => this.#settled(instance));
    this.operations = operationsOf(this.client);
    this.parts = new Parts(this.client);
    this.live.on('instances.changed', (data) => this.#instanceChanged(data));
    this.live.on('operations.changed', (data) => {
      if (isOperation(data)) this.#operationChanged(data);
    });
    this.live.addEventListener('resync', () => this.#resync());
  }

  /** Takes in what an action answered, before the event about it arrives. */
  heard({ instance, operation }: { instance?: Instance; operation?: Operation }): void {
    if (operation) this.#operationChanged(operation);
    if (instance) this.instances.put(this.#settled(instance));
  }

  /** Forgets what belonged to whoever was signed in. */
  reset(): void {
    this.me = undefined;
    this.live.stop();
    this.instances.clear();
    this.operations.clear();
  }

  #instanceChanged(data: unknown): void {
    const id = textField(data, 'instanceId') ?? textField(data, 'id');
    if (id) this.instances.refresh(id).catch(() => this.#stale());
  }

  #operationChanged(operation: Operation): void {
    const before = this.operations.get(operation.id);
    if (before?.finishedAt && before.attempt >= operation.attempt) return;
    this.operations.put(operation);
    this.#intoInstance(operation);
    if (before?.state !== operation.state) {
      this.dispatchEvent(new CustomEvent('operation', { detail: operation }));
    }
  }

  /** The instance carries its operation; progress reaches it here, without asking the platform for each step. */
  #intoInstance(operation: Operation): void {
    const instance = operation.instanceId ? this.instances.get(operation.instanceId) : undefined;
    if (!instance) return;
    const over = operation.finishedAt !== null;
    if (instance.operation?.id === operation.id || (!over && !instance.operation)) {
      this.instances.put({ ...instance, operation: over ? null : operation });
    }
  }

  /** An answer may have been on its way while its operation went on or ended: the news about that are newer. */
  #settled(instance: Instance): Instance {
    const known = this.operations.get(instance.operation?.id ?? '');
    return known ? { ...instance, operation: known.finishedAt ? null : known } : instance;
  }

  #resync(): void {
    if (this.instances.state !== 'idle') void this.instances.load();
    if (this.operations.state !== 'idle') void this.operations.load();
    this.dispatchEvent(new Event('resync'));
  }

  /** Asking failed: what is shown may be old, so the next chance catches up. */
  #stale(): void {
    if (this.live.state === 'open') setTimeout(() => this.#resync(), 1_000);
  }
}

function instancesOf(
  client: ApiClient,
  settled: (instance: Instance) => Instance,
): Collection<Instance> {
  return new Collection<Instance>({
    async page(cursor) {
      const query = { limit: LIMIT, ...(cursor ? { cursor } : {}) };
      const { items, nextCursor } = await ask(client.GET('/api/instances', { params: { query } }));
      return { items: items.map(settled), nextCursor };
    },
    async one(id) {
      const found = await askMaybe(client.GET('/api/instances/{id}', { params: { path: { id } } }));
      return found && settled(found);
    },
  });
}

/** Only the newest: the whole past is asked for where it is shown. */
function operationsOf(client: ApiClient): Collection<Operation> {
  return new Collection<Operation>({
    page: async () => ({
      ...(await ask(client.GET('/api/operations', { params: { query: { limit: LIMIT } } }))),
      nextCursor: null,
    }),
    one: (id) => askMaybe(client.GET('/api/operations/{id}', { params: { path: { id } } })),
  });
}

function textField(data: unknown, name: string): string | undefined {
  const value =
    typeof data === 'object' && data !== null ? (data as Record<string, unknown>)[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}

function isOperation(data: unknown): data is Operation {
  return textField(data, 'id') !== undefined && textField(data, 'state') !== undefined;
}

const connections = new Map<string, Connection>();

/** The connection to a platform, the same for everybody who names it. */
export function connect(server = '', token = ''): Connection {
  const origin = server.replace(/\/+$/, '');
  const key = `${origin} ${token}`;
  const found = connections.get(key) ?? new Connection(origin, token);
  connections.set(key, found);
  return found;
}
