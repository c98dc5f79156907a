/**
 * Brings an operation onto its instance: alone, or past the operation in its way.
 *
 * Guarantees: one transaction decides about both, under the lock of the row in the way. Neither the death of
 * a process nor a third request comes between. At most one operation waits on an instance.
 */
import type { Logger } from '@zlh/kernel';
import { newId, type EntityManager } from '@zlh/database';
import { problems, type Problem } from '@zlh/http';
import type { NewOperation, OperationKind, Precedence, Superseding } from './index.ts';
import { wakeChannel } from './publish.ts';
import { endKind } from './ended.ts';
import { columns, pendingPhases, superseded, type OperationRecord } from './record.ts';

export interface Queue {
  readonly log: Logger;
  kind(id: string): OperationKind | undefined;
  conflict(inTheWay: OperationRecord): Problem;
  /** Tells workers and everybody who watches. */
  tell(em: EntityManager, record: OperationRecord): Promise<void>;
}

/** The operation in the way may end while it is read; more than once is rare. */
const maxTries = 5;

/** Undefined while an exclusive operation is in the way of one that is exclusive, too. */
export async function insert(
  em: EntityManager,
  operation: NewOperation,
  kind: OperationKind,
  { exclusive = kind.exclusive ?? true, after = null as string | null } = {},
): Promise<OperationRecord | undefined> {
  const [record] = await em.execute<OperationRecord[]>(
    `insert into operations_operation
       (id, kind, title, instance_id, owner_id, requested_by, state, exclusive, after, phases, input, journal, attempt, cancel_requested, takeovers, created_at)
     values (?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?::jsonb, ?::jsonb, '{}', 1, false, 0, now())
     on conflict (instance_id) where exclusive and state in ('queued', 'running') do nothing
     returning ${columns}`,
    [
      newId(),
      kind.kind,
      operation.title.slice(0, 200),
      operation.instanceId,
      operation.ownerId,
      operation.requestedBy,
      exclusive,
      after,
      JSON.stringify(pendingPhases(kind)),
      JSON.stringify(operation.input),
    ],
  );
  return record;
}

/** Of a kind with a precedence. Throws a conflict where an operation of at least its rank is in the way. */
export async function insist(
  em: EntityManager,
  operation: NewOperation,
  kind: OperationKind,
  queue: Queue,
): Promise<OperationRecord> {
  const { rank } = kind.precedence!;
  for (let tries = 0; tries < maxTries; tries++) {
    const record = await insert(em, operation, kind);
    if (record !== undefined) return record;
    const current = await lockCurrent(em, operation.instanceId!);
    if (current === undefined) continue;
    const waiting = await waitingOn(em, current);
    for (const each of waiting === undefined ? [current] : [waiting, current]) {
      if (each.kind === kind.kind && !each.cancel_requested) return each;
      if (rankOf(each, queue) >= rank) throw queue.conflict(each);
    }
    return overtake(em, operation, kind, queue, { current, waiting });
  }
  throw problems.unavailable(
    'operations.busy',
    'Another operation was just beginning or ending. Try again.',
    1,
  );
}

/** In the transaction that ends an operation: whoever waits for it is next. */
export async function letFollow(em: EntityManager, id: string): Promise<void> {
  await em.execute(
    `with next as (update operations_operation set after = null, exclusive = true where after = ? returning id)
     select pg_notify('${wakeChannel}', id::text) from next`,
    [id],
  );
}

/** A process of an earlier version ends operations without a word to those who wait. */
export async function letOrphansFollow(em: EntityManager): Promise<void> {
  await em.execute(
    `update operations_operation set after = null where after is not null and not exists (
       select from operations_operation earlier where earlier.id = operations_operation.after and earlier.state in ('queued', 'running'))`,
  );
}

/** Ends queued operations that are to make way and whose kind no plugin offers any more. */
export async function giveUpUnknown(
  em: EntityManager,
  known: readonly string[],
): Promise<readonly { readonly id: string; readonly kind: string }[]> {
  const given = await em.execute<{ id: string; kind: string }[]>(
    `update operations_operation set state = 'cancelled', finished_at = now(), error = jsonb_build_object('code', 'operations.unknown-kind',
       'detail', 'It was ended because no plugin knows how to run it any more.')
     where state = 'queued' and superseded_by is not null and not kind = any(?::text[]) returning id, kind`,
    [`{${known.map((kind) => `"${kind}"`).join(',')}}`],
  );
  for (const { id } of given) await letFollow(em, id);
  return given;
}

async function overtake(
  em: EntityManager,
  operation: NewOperation,
  kind: OperationKind,
  queue: Queue,
  inTheWay: { readonly current: OperationRecord; readonly waiting: OperationRecord | undefined },
): Promise<OperationRecord> {
  const { current, waiting } = inTheWay;
  const ends = doesEnd(kind.precedence!, queue.kind(current.kind));
  const apart =
    !ends && kind.precedence!.beside === true
      ? { exclusive: false }
      : { exclusive: false, after: current.id };
  const record = (await insert(em, operation, kind, apart))!;
  const instead: Superseding = { id: record.id, kind: record.kind, title: record.title };
  if (waiting !== undefined) await endWaiting(em, waiting, instead, queue);
  if (!ends) return record;
  const [ending] = await em.execute<OperationRecord[]>(
    `update operations_operation set cancel_requested = true, superseded_by = coalesce(superseded_by, ?::jsonb)
     where id = ? returning ${columns}`,
    [JSON.stringify(instead), current.id],
  );
  await queue.tell(em, ending!);
  return record;
}

/** It has not begun, so nobody has to be waited for. */
async function endWaiting(
  em: EntityManager,
  { id }: OperationRecord,
  instead: Superseding,
  queue: Queue,
): Promise<void> {
  const [ended] = await em.execute<OperationRecord[]>(
    `update operations_operation set state = 'cancelled', finished_at = now(), after = null, superseded_by = ?::jsonb, error = ?::jsonb,
       phases = (select coalesce(jsonb_agg(phase || '{"state":"skipped"}'), '[]') from jsonb_array_elements(phases) phase)
     where id = ? returning ${columns}`,
    [JSON.stringify(instead), JSON.stringify(superseded(instead)), id],
  );
  const { instance_id: instanceId, input, journal, error, kind } = ended!;
  const end = {
    id,
    instanceId,
    input,
    journal,
    error,
    state: 'cancelled',
    supersededBy: instead,
  } as const;
  ended!.result = await endKind(em, queue.kind(kind), end, queue.log);
  await queue.tell(em, ended!);
}

function doesEnd({ ends }: Precedence, kind: OperationKind | undefined): boolean {
  if (kind === undefined) return true;
  return kind.opposable === true || (ends === 'cancellable' && kind.cancellable === true);
}

const rankOf = ({ kind }: OperationRecord, queue: Queue) => queue.kind(kind)?.precedence?.rank ?? 0;

/** It cannot end until this transaction has. */
async function lockCurrent(
  em: EntityManager,
  instanceId: string,
): Promise<OperationRecord | undefined> {
  const [current] = await em.execute<OperationRecord[]>(
    `select ${columns} from operations_operation where instance_id = ? and exclusive and state in ('queued', 'running') for update`,
    [instanceId],
  );
  return current;
}

async function waitingOn(
  em: EntityManager,
  { id }: OperationRecord,
): Promise<OperationRecord | undefined> {
  const [waiting] = await em.execute<OperationRecord[]>(
    `select ${columns} from operations_operation where after = ? and state = 'queued' for update`,
    [id],
  );
  return waiting;
}
