/** The `Operations` service: queues, shows, cancels and retries. Running them is the worker's. */
import { UniqueConstraintViolationException } from '@mikro-orm/postgresql';
import type { Contribution, Logger } from '@zlh/kernel';
import type { Grants } from '@zlh/accounts';
import type { Database, EntityManager } from '@zlh/database';
import type { Events } from '@zlh/events';
import { decodeCursor, encodeCursor, problems } from '@zlh/http';
import type { Identity, Page, Problem } from '@zlh/http';
import type { NewOperation, OperationKind, Operations, OperationView } from './index.ts';
import { insert, insist, type Queue } from './precedence.ts';
import { publishChange, wake } from './publish.ts';
import { columns, isOver, view, type OperationRecord } from './record.ts';

interface Ground {
  readonly database: Database;
  readonly events: Events;
  readonly grants: Grants;
  readonly kinds: readonly Contribution<OperationKind>[];
  readonly log: Logger;
}

export class DurableOperations implements Operations {
  readonly #ground: Ground;

  readonly #queue: Queue;

  constructor(ground: Ground) {
    this.#ground = ground;
    this.#queue = {
      log: ground.log,
      kind: (id) => this.kind(id),
      conflict: (record) => conflict(this.show(record)),
      tell: (em, record) => this.#tell(em, record),
    };
  }

  kind(id: string): OperationKind | undefined {
    return this.#ground.kinds.find(({ value }) => value.kind === id)?.value;
  }

  /** Ids of all kinds that enabled plugins offer. */
  kinds(): string[] {
    return this.#ground.kinds.map(({ value }) => value.kind);
  }

  show(record: OperationRecord): OperationView {
    return view(record, this.kind(record.kind));
  }

  async start(em: EntityManager, operation: NewOperation): Promise<OperationView> {
    const kind = this.kind(operation.kind);
    if (kind === undefined)
      throw new TypeError(`No plugin offers the operation kind "${operation.kind}".`);
    const record =
      (await insert(em, operation, kind)) ??
      (kind.precedence === undefined ? undefined : await insist(em, operation, kind, this.#queue));
    if (record === undefined) throw await this.#conflict(em, operation.instanceId!);
    await this.#tell(em, record);
    return this.show(record);
  }

  async get(id: string, identity: Identity): Promise<OperationView> {
    return this.show(await this.#find(this.#ground.database.fork(), id, identity));
  }

  async list(
    filter: Parameters<Operations['list']>[0],
    identity: Identity,
  ): Promise<Page<OperationView>> {
    const where: string[] = ['true'];
    const values: unknown[] = [];
    const add = (sql: string, ...given: unknown[]) => {
      where.push(sql);
      values.push(...given);
    };
    const em = this.#ground.database.fork();
    if (!identity.administrator) {
      const shared = [...(await this.#ground.grants.of(em, identity.id)).keys()];
      add('(owner_id = ? or instance_id = any(?::uuid[]))', identity.id, `{${shared.join(',')}}`);
    }
    if (filter.instanceId !== undefined) add('instance_id = ?', filter.instanceId);
    if (filter.state !== undefined) add('state = ?', filter.state);
    if (filter.cursor !== undefined) {
      const { createdAt, id } = decodeCursor(filter.cursor);
      add(`(date_trunc('milliseconds', created_at), id) < (?, ?)`, createdAt, id);
    }
    const rows = await em.execute<OperationRecord[]>(
      `select ${columns} from operations_operation where ${where.join(' and ')} order by date_trunc('milliseconds', created_at) desc, id desc limit ?`,
      [...values, filter.limit + 1],
    );
    const items = rows.slice(0, filter.limit);
    const last = items.at(-1);
    const more = rows.length > filter.limit && last !== undefined;
    return {
      items: items.map((record) => this.show(record)),
      nextCursor: more ? encodeCursor({ createdAt: new Date(last.created_at), id: last.id }) : null,
    };
  }

  async find(em: EntityManager, ids: readonly string[]): Promise<readonly OperationView[]> {
    if (ids.length === 0) return [];
    const rows = await em.execute<OperationRecord[]>(
      `select ${columns} from operations_operation where id = any(?::uuid[])`,
      [`{${ids.join(',')}}`],
    );
    return rows.map((record) => this.show(record));
  }

  async current(
    em: EntityManager,
    instanceIds: readonly string[],
  ): Promise<ReadonlyMap<string, OperationView>> {
    if (instanceIds.length === 0) return new Map();
    const rows = await em.execute<OperationRecord[]>(
      `select ${columns} from operations_operation where exclusive and state in ('queued', 'running') and instance_id = any(?::uuid[])`,
      [`{${instanceIds.join(',')}}`],
    );
    return new Map(rows.map((record) => [record.instance_id!, this.show(record)]));
  }

  async forget(em: EntityManager, instanceId: string, except: string): Promise<void> {
    await em.execute(
      'delete from operations_operation where instance_id = ? and id <> ? and finished_at is not null',
      [instanceId, except],
    );
  }

  cancel(id: string, identity: Identity): Promise<OperationView> {
    return this.#ground.database.transaction(async (em) => {
      const record = await this.#find(em, id, identity, true);
      const name = { operation: this.show(record) };
      if (isOver(record.state))
        throw problems.conflict(
          'operations.over',
          `This operation has already ${record.state}.`,
          name,
        );
      if (this.kind(record.kind)?.cancellable !== true)
        throw problems.conflict(
          'operations.not-cancellable',
          'This operation cannot be cancelled; wait until it ends.',
          name,
        );
      record.cancel_requested = true;
      await em.execute('update operations_operation set cancel_requested = true where id = ?', [
        id,
      ]);
      await this.#tell(em, record);
      return this.show(record);
    });
  }

  async retry(id: string, identity: Identity): Promise<OperationView> {
    try {
      return await this.#ground.database.transaction((em) => this.#retry(em, id, identity));
    } catch (error) {
      // Another one began on the instance while we looked.
      if (error instanceof UniqueConstraintViolationException) throw busy();
      throw error;
    }
  }

  async #retry(em: EntityManager, id: string, identity: Identity): Promise<OperationView> {
    const record = await this.#find(em, id, identity, true);
    const operation = this.show(record);
    if (record.state !== 'failed')
      throw problems.conflict(
        'operations.not-failed',
        'Only an operation that failed can be retried.',
        { operation },
      );
    if (!operation.retriable)
      throw problems.conflict(
        'operations.not-retriable',
        'This operation cannot be retried; ask for it again.',
        { operation },
      );
    const inTheWay =
      record.exclusive && record.instance_id !== null
        ? await this.#inTheWay(em, record.instance_id)
        : undefined;
    if (inTheWay !== undefined) throw conflict(this.show(inTheWay));
    const phases = record.phases.map((phase) =>
      phase.state === 'succeeded'
        ? phase
        : { ...phase, state: 'pending', progress: null, startedAt: null, finishedAt: null },
    );
    const [again] = await em.execute<OperationRecord[]>(
      `update operations_operation set state = 'queued', attempt = attempt + 1, phases = ?::jsonb, error = null, result = null, undoing = null,
         cancel_requested = false, superseded_by = null, worker = null, takeovers = 0, finished_at = null where id = ? returning ${columns}`,
      [JSON.stringify(phases), id],
    );
    await this.#tell(em, again!);
    return this.show(again!);
  }

  async #find(
    em: EntityManager,
    id: string,
    identity: Identity,
    lock = false,
  ): Promise<OperationRecord> {
    const [record] = await em.execute<OperationRecord[]>(
      `select ${columns} from operations_operation where id = ? ${lock ? 'for update' : ''}`,
      [id],
    );
    if (record === undefined) throw problems.notFound('operation');
    await this.#admit(em, record, identity, lock ? 'operations.write' : 'operations.read');
    return record;
  }

  /** Its owner, administrators, and those with whom its instance is shared, as far as their role goes. */
  async #admit(
    em: EntityManager,
    record: OperationRecord,
    identity: Identity,
    permission: string,
  ): Promise<void> {
    if (identity.administrator || record.owner_id === identity.id) return;
    const { grants } = this.#ground;
    const role =
      record.instance_id === null ? null : await grants.roleOn(em, record.instance_id, identity.id);
    if (role === null) throw problems.notFound('operation');
    const ownerOnly =
      permission === 'operations.write' && this.kind(record.kind)?.ownerOnly === true;
    if (ownerOnly || !grants.includes(role, permission))
      throw problems.forbidden(
        `Your role on this instance ("${role}") does not include this. Ask its owner.`,
      );
  }

  async #inTheWay(em: EntityManager, instanceId: string): Promise<OperationRecord | undefined> {
    const rows = await em.execute<OperationRecord[]>(
      `select ${columns} from operations_operation where instance_id = ? and exclusive and state in ('queued', 'running')`,
      [instanceId],
    );
    return rows[0];
  }

  async #conflict(em: EntityManager, instanceId: string): Promise<Problem> {
    const record = await this.#inTheWay(em, instanceId);
    // It ended between the two statements: the caller may simply try again.
    return record === undefined ? busy() : conflict(this.show(record));
  }

  async #tell(em: EntityManager, record: OperationRecord): Promise<void> {
    await wake(em, record.id);
    await publishChange(this.#ground.events, em, record, this.show(record));
  }
}

function busy(): Problem {
  return problems.unavailable(
    'operations.busy',
    'Another operation was just beginning or ending. Try again.',
    1,
  );
}

function conflict(operation: OperationView): Problem {
  return problems.conflict(
    'operations.conflict',
    `"${operation.title}" is still ${operation.state}. Wait until it ends${operation.cancellable ? ', or cancel it' : ''}.`,
    { operation },
  );
}
