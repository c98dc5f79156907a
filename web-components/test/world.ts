/**
 * What the test platform holds: one user, instances, operations, keys and a catalog, in the published
 * shapes. Tests change it through these methods, and browsers hear of it as they would from the real one.
 */
import { EventEmitter } from 'node:events';
import { randomUUID } from 'node:crypto';
import type {
  AgentStatus,
  ApiKey,
  Billing,
  Catalog,
  Instance,
  Operation,
  Phase,
  Session,
  Sleep,
  User,
} from '../src/api/schema.ts';
import { noPlan } from './billing-data.ts';
import { catalog } from './catalog.ts';

export const PASSWORD = 'a long enough sentence';
const MIB = 1024 * 1024;

export class World {
  readonly user: User = {
    id: randomUUID(),
    email: 'ada@example.com',
    role: 'administrator',
    disabledAt: null,
    createdAt: now(),
  };
  /** No administrator yet. */
  setupRequired = false;
  registrationOpen = true;
  readonly setupToken = 'one-time-token';
  /** By the value of the cookie. */
  readonly sessions = new Map<string, Session>();
  password = PASSWORD;
  readonly instances = new Map<string, Instance>();
  readonly operations = new Map<string, Operation>();
  readonly keys = new Map<string, ApiKey>();
  readonly statuses = new Map<string, AgentStatus>();
  readonly sleeps = new Map<string, Sleep>();
  /** Scrollback by instance. */
  readonly logs = new Map<string, string>();
  readonly created = new Map<string, string>();
  catalog: Catalog = catalog;
  billing: Billing = noPlan;
  /** `event` with type and data; `log` with instance id and text. */
  readonly news = new EventEmitter();
  #vmid = 5000;

  /** Back to a user with nothing. */
  clear(): void {
    for (const map of [
      this.instances,
      this.operations,
      this.keys,
      this.statuses,
      this.sleeps,
      this.logs,
      this.created,
    ])
      map.clear();
    this.sessions.clear();
    this.password = PASSWORD;
    this.catalog = catalog;
    this.billing = noPlan;
    this.setupRequired = false;
    this.registrationOpen = true;
  }

  /** @param cookie what the browser will send */
  signIn(cookie: string, wanted: Partial<Session> = {}): Session {
    const session: Session = {
      id: randomUUID(),
      address: '127.0.0.1',
      userAgent: 'Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/140.0.0.0 Safari/537.36',
      createdAt: now(),
      lastSeenAt: now(),
      expiresAt: new Date(Date.now() + 30 * 24 * 3600 * 1000).toISOString(),
      ...wanted,
    };
    this.sessions.set(cookie, session);
    return session;
  }

  addInstance(wanted: Partial<Instance> = {}): Instance {
    const vmid = ++this.#vmid;
    const variant = wanted.variant ?? 'paper';
    const instance: Instance = {
      id: randomUUID(),
      vmid,
      kind: 'game',
      name: 'Skyblock',
      hostname: `mc-${variant}-${vmid}`,
      game: 'minecraft',
      variant,
      version: '1.21.7',
      memoryMiB: 4096,
      holds: [],
      cpuPercent: null,
      processes: 512,
      diskMiB: 10_240,
      desired: 'running',
      observed: 'running',
      ready: true,
      address: { host: `mc-${variant}-${vmid}.play.example.com`, port: 25565 },
      operation: null,
      ownerId: this.user.id,
      role: 'owner',
      since: now(),
      createdAt: new Date(Date.now() - vmid * 1000).toISOString(),
      ...wanted,
    };
    this.instances.set(instance.id, instance);
    this.statuses.set(instance.id, statusOf(instance));
    return instance;
  }

  change(id: string, patch: Partial<Instance>): void {
    const instance = this.instances.get(id);
    if (!instance) throw new Error(`no instance ${id}`);
    const changed = { ...instance, ...patch };
    this.instances.set(id, changed);
    this.statuses.set(id, { ...statusOf(changed), crash: this.statuses.get(id)?.crash ?? null });
    this.news.emit('event', 'instances.changed', { instanceId: id });
  }

  remove(id: string): void {
    this.instances.delete(id);
    this.news.emit('event', 'instances.changed', { instanceId: id });
  }

  /** Begins an operation with its first phase running. */
  begin(
    kind: string,
    instanceId: string,
    phases: readonly string[] = ['prepare', 'finish'],
  ): Operation {
    const operation: Operation = {
      id: randomUUID(),
      kind,
      label: labelOf(kind),
      title: `${kind} ${this.instances.get(instanceId)?.name ?? ''}`,
      instanceId,
      requestedBy: this.user.email,
      state: 'running',
      phases: phases.map((name, index) => phase(name, index === 0 ? 'running' : 'pending')),
      attempt: 1,
      cancellable: true,
      retriable: true,
      error: null,
      result: null,
      createdAt: now(),
      finishedAt: null,
    };
    this.tell(operation);
    return operation;
  }

  /** Moves it to a phase, with how far that is. */
  phase(id: string, at: number, progress: number | null): void {
    const operation = this.#operation(id);
    const phases = operation.phases.map(({ name }, index) => {
      if (index < at) return phase(name, 'succeeded');
      return index === at ? { ...phase(name, 'running'), progress } : phase(name, 'pending');
    });
    this.tell({ ...operation, phases });
  }

  end(
    id: string,
    state: 'succeeded' | 'failed' | 'cancelled',
    error: Operation['error'] = null,
  ): void {
    const operation = this.#operation(id);
    const phases = operation.phases.map((one) => {
      if (state === 'succeeded') return phase(one.name, 'succeeded');
      if (one.state === 'pending') return phase(one.name, 'skipped');
      return one.state === 'running' ? phase(one.name, state) : one;
    });
    this.tell({ ...operation, phases, state, error, finishedAt: now() });
  }

  /** Stores an operation, ties it to its instance, and says so. */
  tell(operation: Operation): void {
    this.operations.set(operation.id, operation);
    const instance = operation.instanceId ? this.instances.get(operation.instanceId) : undefined;
    if (instance)
      this.instances.set(instance.id, {
        ...instance,
        operation: operation.finishedAt ? null : operation,
      });
    this.news.emit('event', 'operations.changed', operation);
  }

  log(instanceId: string, text: string): void {
    this.logs.set(instanceId, (this.logs.get(instanceId) ?? '') + text);
    this.news.emit('log', instanceId, text);
  }

  #operation(id: string): Operation {
    const operation = this.operations.get(id);
    if (!operation) throw new Error(`no operation ${id}`);
    return operation;
  }
}

function now(): string {
  return new Date().toISOString();
}

/** `instances.restart` → Restarting, Restarted, Restarting failed. */
function labelOf(kind: string): Operation['label'] {
  const verb = kind.split('.').at(-1)!;
  const [doing, done] = irregular[verb] ?? [`${verb}ing`, `${verb}ed`];
  const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
  return { doing: capital(doing), done: capital(done), failed: `${capital(doing)} failed` };
}
const irregular: Readonly<Record<string, readonly [string, string]>> = {
  create: ['creating', 'created'],
  delete: ['deleting', 'deleted'],
  rebuild: ['rebuilding', 'rebuilt'],
  stop: ['stopping', 'stopped'],
};

function phase(name: string, state: Phase['state']): Phase {
  const over = state === 'succeeded' || state === 'failed';
  return {
    name,
    label: name.charAt(0).toUpperCase() + name.slice(1).replaceAll('-', ' '),
    state,
    progress: null,
    startedAt: state === 'pending' ? null : now(),
    finishedAt: over ? now() : null,
  };
}

function statusOf({ id, observed, ready, address }: Instance): AgentStatus {
  const up = observed === 'running';
  return {
    instanceId: id,
    agentVersion: '0.1.0',
    revision: 1,
    state: observed === 'unreachable' ? 'running' : observed,
    ready,
    since: now(),
    readySince: ready ? new Date(Date.now() - 76 * 3600 * 1000).toISOString() : null,
    operation: null,
    maintenance: null,
    crash: null,
    provisioningComplete: true,
    players: ready ? { online: 7, max: 20 } : null,
    usage: up ? { memoryBytes: 3584 * MIB, cpuPercent: 38 } : null,
    address,
  };
}
