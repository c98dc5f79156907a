/** The backups of instances, as the routes ask for them. The work is done by operations. */
import { randomUUID } from 'node:crypto';
import type { Audit } from '@zlh/accounts';
import type { Database, EntityManager } from '@zlh/database';
import { problems, type Identity } from '@zlh/http';
import type { InstanceFacts, Instances, InstanceView } from '@zlh/instances';
import type { Operations, OperationView } from '@zlh/operations';
import type { BlobStore } from '@zlh/storage';
import { errors } from './errors.ts';
import {
  CREATE,
  MANAGE,
  READ,
  type BackupType,
  type BackupView,
  type ChangeBackup,
  type CreateBackup,
} from './index.ts';
import { Backup, type BackupRecord } from './schema.ts';

interface Deps {
  readonly config: { readonly maxPerInstance: number };
  readonly database: Database;
  readonly instances: Instances;
  readonly operations: Operations;
  readonly audit: Audit;
  readonly blobs: BlobStore;
}

export interface Begun {
  readonly instance: InstanceView;
  readonly operation: OperationView;
  readonly backupId: string;
}

const shown = { $ne: 'deleting' } as const;

export class Backups {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async list(instanceId: string, identity: Identity): Promise<readonly BackupView[]> {
    const em = this.#deps.database.fork();
    await this.#deps.instances.admit(em, instanceId, identity, READ);
    const where = { instanceId, state: shown };
    const found = await em.find(Backup, where, { orderBy: { createdAt: 'desc', id: 'desc' } });
    return found.map((each) => this.#view(each));
  }

  async get(instanceId: string, id: string, identity: Identity): Promise<BackupView> {
    const em = this.#deps.database.fork();
    await this.#deps.instances.admit(em, instanceId, identity, READ);
    return this.#view(await find(em, instanceId, id));
  }

  async create(instanceId: string, { name }: CreateBackup, identity: Identity): Promise<Begun> {
    const { database, instances, operations, config } = this.#deps;
    const begun = await database.transaction(async (em) => {
      const facts = await instances.admit(em, instanceId, identity, CREATE);
      const operationAhead = (await operations.current(em, [instanceId])).get(instanceId);
      const count = await em.count(Backup, { instanceId, type: 'manual', state: shown });
      if (operationAhead === undefined && count >= config.maxPerInstance)
        throw errors.tooMany(config.maxPerInstance);
      const backup = newBackup(em, { instanceId, name, type: 'manual', by: identity.label });
      const operation = await this.#start(em, facts, identity, 'create', {
        title: `Backing up ${facts.name}`,
        backupId: backup.id,
      });
      return { backup, operation };
    });
    return this.#answer(begun, identity);
  }

  async change(
    instanceId: string,
    id: string,
    change: ChangeBackup,
    identity: Identity,
  ): Promise<BackupView> {
    const { database, instances } = this.#deps;
    const backup = await database.transaction(async (em) => {
      await instances.admit(em, instanceId, identity, MANAGE);
      const found = await find(em, instanceId, id);
      Object.assign(found, change);
      await this.#record(em, identity, found, 'changed');
      return found;
    });
    return this.#view(backup);
  }

  /** Its bytes go away soon after. */
  async remove(instanceId: string, id: string, identity: Identity): Promise<void> {
    const { database, instances, operations } = this.#deps;
    await database.transaction(async (em) => {
      await instances.admit(em, instanceId, identity, MANAGE);
      const backup = await find(em, instanceId, id);
      const current = (await operations.current(em, [instanceId])).get(instanceId);
      if (current?.kind.startsWith('backups.') === true) throw errors.inUse(current);
      backup.state = 'deleting';
      await this.#record(em, identity, backup, 'deleted');
    });
  }

  async restore(instanceId: string, id: string, identity: Identity): Promise<Begun> {
    const { database, instances } = this.#deps;
    const begun = await database.transaction(async (em) => {
      const facts = await instances.admit(em, instanceId, identity, MANAGE);
      const backup = await find(em, instanceId, id);
      if (backup.state !== 'complete') throw errors.notRestorable(backup.state);
      const operation = await this.#start(em, facts, identity, 'restore', {
        title: `Restoring ${facts.name}`,
        backupId: id,
      });
      return { backup, operation };
    });
    return this.#answer(begun, identity);
  }

  async #start(
    em: EntityManager,
    { id: instanceId, ownerId }: InstanceFacts,
    identity: Identity,
    verb: 'create' | 'restore',
    { title, backupId }: { readonly title: string; readonly backupId: string },
  ): Promise<OperationView> {
    const { operations, audit } = this.#deps;
    const operation = await operations.start(em, {
      kind: `backups.${verb}`,
      title: title.slice(0, 200),
      instanceId,
      ownerId,
      requestedBy: identity.label,
      input: { backupId },
    });
    const [action, actor] = [`backups.${verb}`, identity.label];
    await audit.record(em, { action, actor, userId: identity.id, instanceId, data: { backupId } });
    return operation;
  }

  async #record(em: EntityManager, identity: Identity, backup: BackupRecord, verb: string) {
    const { id, instanceId, name } = backup;
    await this.#deps.audit.record(em, {
      action: `backups.${verb}`,
      actor: identity.label,
      userId: identity.id,
      instanceId,
      data: { backupId: id, name },
    });
  }

  async #answer(
    { backup, operation }: { readonly backup: BackupRecord; readonly operation: OperationView },
    identity: Identity,
  ): Promise<Begun> {
    const instance = await this.#deps.instances.get(backup.instanceId, identity);
    return { instance, operation, backupId: backup.id };
  }

  #view(backup: BackupRecord): BackupView {
    const {
      attempt: _own,
      hasParts: _also,
      instanceId: _of,
      createdAt,
      finishedAt,
      verifiedAt,
      ...rest
    } = backup;
    const { location, remote } = this.#deps.blobs;
    return {
      ...rest,
      state: backup.state === 'deleting' ? 'failed' : backup.state,
      error: backup.error ?? null,
      sha256: backup.sha256 ?? null,
      engine: 'archive',
      location,
      remote,
      createdAt: createdAt.toISOString(),
      finishedAt: finishedAt?.toISOString() ?? null,
      verifiedAt: verifiedAt?.toISOString() ?? null,
    };
  }
}

async function find(em: EntityManager, instanceId: string, id: string): Promise<BackupRecord> {
  const backup = await em.findOne(Backup, { id, instanceId, state: shown });
  if (backup === null) throw problems.notFound('backup');
  return backup;
}

/** Written with the transaction. */
export function newBackup(
  em: EntityManager,
  wanted: {
    readonly id?: string;
    readonly instanceId: string;
    readonly name?: string | undefined;
    readonly type: BackupType;
    readonly by: string;
  },
): BackupRecord {
  const { id = randomUUID(), instanceId, type, by } = wanted;
  const createdAt = new Date();
  const backup = em.create(Backup, {
    id,
    instanceId,
    name: wanted.name ?? `Backup of ${createdAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    type,
    state: 'making',
    pinned: false,
    attempt: null,
    hasParts: true,
    files: 0,
    logicalBytes: 0,
    storedBytes: 0,
    leftOut: 0,
    quiescedMs: 0,
    sha256: null,
    verifiedAt: null,
    error: null,
    requestedBy: by.slice(0, 200),
    createdAt,
    finishedAt: null,
  });
  em.persist(backup);
  return backup;
}
