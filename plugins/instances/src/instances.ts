/** The `Instances` service: what a request may ask of instances. The work itself is done by operations. */
import { LockMode } from '@mikro-orm/postgresql';
import type { Contribution } from '@zlh/kernel';
import type { Accounts, Audit, Grants } from '@zlh/accounts';
import type { Agents, AgentTarget } from '@zlh/agents';
import { newId, type Database, type EntityManager } from '@zlh/database';
import type { Events } from '@zlh/events';
import { encodeCursor, problems, type Identity, type Page } from '@zlh/http';
import type { Operations, OperationView, PhaseContext } from '@zlh/operations';
import { serialise } from './admission.ts';
import type {
  AdmissionRule,
  InstanceFacts,
  Instances,
  InstanceView,
  Provider,
  Role,
} from './index.ts';
import { requireConsent } from './consent.ts';
import { asked } from './desired.ts';
import { holdsOf, refuseHeld } from './holds.ts';
import type { HoldView } from './view.ts';
import { decideLimits, type LimitSettings } from './limits.ts';
import type { Phases } from './phases.ts';
import type { InstanceRequest, ResolvedWorkload } from './kinds.ts';
import { newestFirst } from './newest-first.ts';
import { Hold, Instance, type InstanceRecord } from './schema.ts';
import { facts, roleOf, view } from './to-view.ts';
import type { Workloads } from './workloads.ts';
import { usageOf } from './usage.ts';

export interface InstancesGround {
  readonly config: { readonly provider: string } & LimitSettings;
  readonly database: Database;
  readonly events: Events;
  readonly operations: Operations;
  readonly agents: Agents;
  readonly workloads: Workloads;
  readonly audit: Audit;
  readonly grants: Grants;
  readonly accounts: Accounts;
  readonly phases: Phases;
  readonly admission: readonly Contribution<AdmissionRule>[];
  readonly providers: readonly Contribution<Provider>[];
}

export interface Accepted {
  readonly instance: InstanceView;
  readonly operation: OperationView;
}

/** What an action wants the instance to become, and how it is called while it runs. */
const actions = {
  start: { desired: 'running', title: 'Starting', permission: 'instances.control' },
  stop: { desired: 'stopped', title: 'Stopping', permission: 'instances.control' },
  restart: { desired: 'running', title: 'Restarting', permission: 'instances.control' },
  rebuild: { desired: 'running', title: 'Rebuilding', permission: 'instances.write' },
  kill: { desired: 'stopped', title: 'Killing', permission: 'instances.control' },
  delete: { desired: 'deleted', title: 'Deleting', permission: 'instances.write' },
} as const;
export type Action = keyof typeof actions;

/** For the operation and the audit. */
interface RequestedBy {
  readonly requestedBy: string;
  readonly userId: string;
}

export class InstancesService implements Instances {
  readonly usage = usageOf;
  readonly #ground: InstancesGround;

  constructor(ground: InstancesGround) {
    this.#ground = ground;
  }

  async create(wanted: InstanceRequest, identity: Identity): Promise<Accepted> {
    const { workloads, database, operations, accounts, agents, audit } = this.#ground;
    const { config, admission, providers } = this.#ground;
    const workload = await workloads.resolve(wanted);
    const memoryMiB = wanted.memoryMiB ?? workload.memoryMiB.default;
    const { min, max } = workload.memoryMiB;
    if (memoryMiB < min || memoryMiB > max)
      throw problems.invalid([
        { path: '/memoryMiB', message: `must be between ${min} and ${max} MiB for this` },
      ]);
    const limits = decideLimits(wanted, workload.limits ?? {}, config, identity);
    if (!providers.some(({ value }) => value.id === config.provider)) {
      throw problems.unavailable(
        'instances.no-provider',
        `The provider "${config.provider}" is not enabled. The host must enable it, or choose another in the settings.`,
        60,
      );
    }
    return database.transaction(async (em) => {
      // Before the lock: an account that is being deleted waits for neither.
      if (!(await accounts.hold(em, identity.id))) throw problems.unauthenticated();
      await serialise(em, identity.id);
      for (const { value } of admission)
        await value.admit(em, {
          ownerId: identity.id,
          provider: config.provider,
          memoryMiB,
          diskMiB: limits.diskMiB,
          ports: workload.ports.length,
          kind: wanted.kind,
          identity,
        });
      const [next] = await em.execute<{ vmid: number }[]>(
        `select nextval('instances_vmid_seq')::int as vmid`,
      );
      const now = new Date();
      const instance = em.create(Instance, {
        id: newId(),
        vmid: next!.vmid,
        kind: wanted.kind,
        name: wanted.name.trim(),
        hostname: `${workload.hostnameStem}-${next!.vmid}`,
        ...workload.software,
        memoryMiB,
        ...limits,
        ownerId: identity.id,
        provider: config.provider,
        desired: 'running',
        reports: 0,
        provisioned: false,
        observed: 'provisioning',
        ready: false,
        since: now,
        placement: null,
        revision: 1,
        createdAt: now,
      });
      await em.flush();
      await workloads.keep(em, instance.id, wanted, workload);
      await agents.register(em, instance.id);
      const operation = await operations.start(em, {
        kind: 'instances.create',
        title: `Creating ${instance.name}`,
        instanceId: instance.id,
        ownerId: instance.ownerId,
        requestedBy: identity.label,
        input: {},
      });
      await audit.record(em, {
        action: 'instances.create',
        actor: identity.label,
        userId: identity.id,
        instanceId: instance.id,
        data: {
          name: instance.name,
          game: instance.game,
          variant: instance.variant,
          version: instance.version,
          memoryMiB,
          ...limits,
        },
      });
      await this.changed(em, instance);
      return { instance: view(instance, 'owner', operation), operation };
    });
  }

  async act(id: string, action: Action, identity: Identity): Promise<Accepted> {
    const { agents, database } = this.#ground;
    const { desired, permission } = actions[action];
    if (desired === 'running') {
      const { instance } = await this.#find(database.fork(), id, identity, permission);
      await requireConsent(agents, instance);
    }
    return database.transaction(async (em) => {
      const { instance, role, operation } = await this.#begin(em, id, action, identity);
      const current = (await this.#ground.operations.current(em, [id])).get(id);
      const holds = (await holdsOf(em, [id])).get(id);
      return { instance: view(instance, role, current ?? null, holds), operation };
    });
  }

  async begin(
    em: EntityManager,
    id: string,
    action: 'start' | 'stop' | 'restart',
    identity: Identity,
  ): Promise<OperationView> {
    return (await this.#begin(em, id, action, identity)).operation;
  }

  async #begin(em: EntityManager, id: string, action: Action, identity: Identity) {
    const { permission } = actions[action];
    const { instance: found, role } = await this.#find(em, id, identity, permission);
    const by = { requestedBy: identity.label, userId: identity.id };
    return { role, ...(await this.#submit(em, found, action, by)) };
  }

  /** @throws Problem 409 while a hold refuses starts, or another operation is in the way */
  async #submit(em: EntityManager, found: InstanceRecord, action: Action, by: RequestedBy) {
    const { operations, audit } = this.#ground;
    const { desired, title } = actions[action];
    const { id } = found;
    if (desired === 'running') await refuseHeld(em, id);
    // What was never made to the end has nothing to start: its creation goes on.
    const goesOn = !found.provisioned && desired === 'running';
    const operation = await operations.start(em, {
      kind: goesOn ? 'instances.create' : `instances.${action}`,
      title: `${goesOn ? 'Creating' : title} ${found.name}`,
      instanceId: id,
      ownerId: found.ownerId,
      requestedBy: by.requestedBy,
      input: goesOn ? { again: true } : {},
    });
    // Its deletion may have ended between the first look and now.
    const instance = await this.#locked(em, id);
    asked(instance, desired);
    await em.flush();
    await audit.record(em, {
      action: `instances.${action}`,
      actor: by.requestedBy,
      userId: by.userId,
      instanceId: id,
      data: { name: instance.name },
      frequent: action !== 'delete',
    });
    await this.changed(em, instance);
    return { instance, operation };
  }

  async hold(em: EntityManager, id: string, hold: HoldView, requestedBy: string): Promise<void> {
    const instance = await this.#locked(em, id);
    await em.upsert(Hold, { instanceId: id, ...hold });
    await this.#recordHold(em, instance, 'instances.held', hold.source, requestedBy);
    const rests = instance.desired !== 'running' && instance.observed === 'stopped';
    if (rests || instance.desired === 'deleted') await this.changed(em, instance);
    else await this.#submit(em, instance, 'stop', { requestedBy, userId: instance.ownerId });
  }

  async release(em: EntityManager, id: string, source: string, requestedBy: string): Promise<void> {
    const instance = await this.#locked(em, id);
    if ((await em.nativeDelete(Hold, { instanceId: id, source })) === 0) return;
    await this.#recordHold(em, instance, 'instances.released', source, requestedBy);
    await this.changed(em, instance);
  }

  async #locked(em: EntityManager, id: string): Promise<InstanceRecord> {
    const instance = await em.findOne(Instance, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (instance === null) throw problems.notFound('instance');
    return instance;
  }

  #recordHold(
    em: EntityManager,
    { id, ownerId }: InstanceRecord,
    action: string,
    source: string,
    actor: string,
  ) {
    return this.#ground.audit.record(em, {
      action,
      actor,
      userId: ownerId,
      instanceId: id,
      data: { source },
    });
  }

  async get(id: string, identity: Identity): Promise<InstanceView> {
    const em = this.#ground.database.fork();
    const { instance, role } = await this.#find(em, id, identity, 'instances.read');
    const operation = (await this.#ground.operations.current(em, [id])).get(id) ?? null;
    return view(instance, role, operation, (await holdsOf(em, [id])).get(id));
  }

  async list(
    filter: { readonly limit: number; readonly cursor?: string | undefined },
    identity: Identity,
  ): Promise<Page<InstanceView>> {
    const em = this.#ground.database.fork();
    const shared = await this.#ground.grants.of(em, identity.id);
    const rows = await newestFirst(em, filter, identity, [...shared.keys()]);
    const items = rows.slice(0, filter.limit);
    const operations = await this.#ground.operations.current(
      em,
      items.map(({ id }) => id),
    );
    const holds = await holdsOf(
      em,
      items.map(({ id }) => id),
    );
    const last = items.at(-1);
    return {
      items: items.map((instance) =>
        view(
          instance,
          roleOf(instance, identity, shared.get(instance.id) ?? null)!,
          operations.get(instance.id) ?? null,
          holds.get(instance.id),
        ),
      ),
      nextCursor: rows.length > filter.limit && last !== undefined ? encodeCursor(last) : null,
    };
  }

  async admit(
    em: EntityManager,
    id: string,
    identity: Identity,
    permission: string,
  ): Promise<InstanceFacts> {
    const { instance, role } = await this.#find(em, id, identity, permission);
    return { ...facts(instance), role };
  }

  async findSummary(em: EntityManager, id: string): Promise<Omit<InstanceFacts, 'role'> | null> {
    const instance = await em.findOne(Instance, { id });
    return instance === null ? null : facts(instance);
  }

  workload(id: string): Promise<ResolvedWorkload> {
    return this.#ground.workloads.of(id);
  }

  async agentTarget(id: string, identity: Identity, permission: string): Promise<AgentTarget> {
    const em = this.#ground.database.fork();
    const { instance } = await this.#find(em, id, identity, permission);
    if (instance.placement === null || instance.placement === undefined)
      throw problems.unavailable(
        'instances.not-placed',
        'This instance has no container yet. Wait until it is created.',
        2,
      );
    return { instanceId: id, url: instance.placement.agentUrl };
  }

  async findAgentTarget(em: EntityManager, id: string): Promise<AgentTarget | null> {
    const instance = await em.findOne(Instance, { id });
    const url = instance?.placement?.agentUrl;
    return url === undefined ? null : { instanceId: id, url };
  }

  /** 404 also for what is hidden from the caller; 403 when their role does not include the permission. */
  async #find(
    em: EntityManager,
    id: string,
    identity: Identity,
    permission: string,
  ): Promise<{ readonly instance: InstanceRecord; readonly role: Role }> {
    const { grants } = this.#ground;
    const instance = await em.findOne(Instance, { id });
    const granted = instance === null ? null : await grants.roleOn(em, id, identity.id);
    const role = instance === null ? null : roleOf(instance, identity, granted);
    if (instance === null || role === null) throw problems.notFound('instance');
    if (role !== 'owner' && role !== 'administrator' && !grants.includes(role, permission))
      throw problems.forbidden(
        `Your role on this instance ("${role}") does not include this. Ask its owner.`,
      );
    return { instance, role };
  }

  agentOf<Input>(context: PhaseContext<Input>): ReturnType<Instances['agentOf']> {
    return this.#ground.phases.agentOf(context);
  }

  configure<Input>(context: PhaseContext<Input>, name: string): Promise<void> {
    return this.#ground.phases.configure(context, name);
  }

  async revise(em: EntityManager, id: string): Promise<void> {
    const changed = await em.execute<unknown[]>(
      'update instances_instance set revision = revision + 1 where id = ? returning id',
      [id],
    );
    if (changed.length === 0) throw problems.notFound('instance');
  }

  cancelConfigure<Input>(context: PhaseContext<Input>, name: string): Promise<void> {
    return this.#ground.phases.undoWork(context, name);
  }

  /** Tells everybody concerned that the instance is no longer as they saw it. */
  async changed(
    em: EntityManager,
    {
      id,
      ownerId,
      observed,
      ready,
      desired,
    }: Pick<InstanceRecord, 'id' | 'ownerId' | 'observed' | 'ready' | 'desired'>,
  ): Promise<void> {
    await this.#ground.events.publish(em, {
      type: 'instances.changed',
      userId: ownerId,
      instanceId: id,
      data: { observed, ready, desired },
    });
  }
}
