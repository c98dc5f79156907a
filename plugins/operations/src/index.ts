/**
 * The contract of `operations`: everything that takes time is an operation with phases, kept in the
 * database, carried on by any process after a crash, and open to cancel and retry by its owner.
 */
import { point, token, type Logger } from '@zlh/kernel';
import type { EntityManager } from '@zlh/database';
import { Type, type Static } from 'typebox';
import type { Identity, Page } from '@zlh/http';

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);
const time = Type.String({ format: 'date-time' });

export const OperationState = Type.Union([
  Type.Literal('queued'),
  Type.Literal('running'),
  Type.Literal('succeeded'),
  Type.Literal('failed'),
  Type.Literal('cancelled'),
]);

export const PhaseView = Type.Object(
  {
    name: Type.String(),
    label: Type.String({ description: 'For people: "Install".' }),
    state: Type.Union([
      Type.Literal('pending'),
      Type.Literal('running'),
      Type.Literal('succeeded'),
      Type.Literal('failed'),
      Type.Literal('cancelled'),
      Type.Literal('skipped'),
    ]),
    progress: nullable(
      Type.Number({
        minimum: 0,
        maximum: 1,
        description: 'Share done; null when it cannot be told.',
      }),
    ),
    startedAt: nullable(time),
    finishedAt: nullable(time),
  },
  { title: 'Phase' },
);

/** The words of a kind of operation, for people. */
export const OperationLabel = Type.Object(
  {
    doing: Type.String({ description: '"Creating"' }),
    done: Type.String({ description: '"Created"' }),
    failed: Type.String({ description: '"Creating failed"' }),
  },
  { title: 'OperationLabel' },
);
export type OperationLabel = Static<typeof OperationLabel>;

/** An operation as the API shows it. */
export const OperationView = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    kind: Type.String({ description: '`instances.create`' }),
    title: Type.String({ description: 'For people: "Creating Skyblock".' }),
    label: OperationLabel,
    instanceId: nullable(Type.String({ format: 'uuid' })),
    requestedBy: Type.String({
      description: 'E-mail address of the person who asked, or the name of the program.',
    }),
    state: OperationState,
    phases: Type.Array(PhaseView),
    attempt: Type.Integer({ minimum: 1 }),
    cancellable: Type.Boolean(),
    retriable: Type.Boolean(),
    error: nullable(Type.Object({ code: Type.String(), detail: Type.String() })),
    result: nullable(
      Type.Record(Type.String(), Type.Unknown(), {
        description:
          'What it produced, by its kind: `{ "backupId": … }`. Null before it has ended.',
      }),
    ),
    createdAt: time,
    finishedAt: nullable(time),
  },
  { title: 'Operation' },
);
export type OperationView = Static<typeof OperationView>;

/** The operation asked for instead of one that was in its way. */
export interface Superseding {
  readonly id: string;
  readonly kind: string;
  /** For people: "Killing Skyblock". */
  readonly title: string;
}

/** What a phase works with. */
export interface PhaseContext<Input> {
  readonly operationId: string;
  readonly instanceId: string | null;
  readonly attempt: number;
  readonly input: Input;
  readonly log: Logger;
  /** Aborted on cancel, and when this process stops; in the latter case another process goes on. */
  readonly signal: AbortSignal;
  /** What earlier phases, or an interrupted run of this one, kept. */
  readonly journal: Readonly<Record<string, unknown>>;
  /** Keeps something for later phases and for a run after a crash; on disk before it resolves. */
  keep(entries: Readonly<Record<string, unknown>>): Promise<void>;
  /**
   * What the phase writes belongs in here: it commits only while this process still has the operation. A process that was
   * frozen, and whose operation another one has taken over meanwhile, writes nothing.
   */
  transaction<T>(work: (em: EntityManager) => Promise<T>): Promise<T>;
  /** The same for a transaction of somebody else: rejects, in it, when another process has the operation by now. */
  fence(em: EntityManager): Promise<void>;
  /** Before somebody outside is asked to act: rejects when another process has the operation by now. */
  checkOwnership(): Promise<void>;
  /** Share done, 0 … 1, or null. Cheap: written at most every 200 ms. */
  progress(share: number | null): void;
  /** For `undo`: the operation that follows at once; null after a failure or a cancellation by hand. */
  readonly supersededBy: Superseding | null;
}

/** Lets an operation win over others of its instance: see `Operations.start`. */
export interface Precedence {
  /** The higher one wins; kinds without a precedence have 0. */
  readonly rank: number;
  /** Which operations it ends: those that are `opposable`, or all that can be cancelled, too. */
  readonly ends: 'opposable' | 'cancellable';
  /** It runs beside an operation that it does not end, instead of waiting for it. Default false. */
  readonly beside?: boolean;
}

/** One step. It may be run again after a crash at any moment, so it must find what it did and go on. */
export interface PhaseDefinition<Input> {
  readonly name: string;
  /** For people, short: "Install". */
  readonly label: string;
  run(context: PhaseContext<Input>): Promise<void>;
  /** Takes back what this phase did, when the operation failed or was cancelled. Latest phase first; idempotent too. */
  undo?(context: PhaseContext<Input>): Promise<void>;
}

export interface OperationKind<Input = Record<string, unknown>> {
  /** `instances.create` */
  readonly kind: string;
  /** For people: "Creating", "Created", "Creating failed". */
  readonly label: OperationLabel;
  /** One mutating operation at a time per instance. Default true. */
  readonly exclusive?: boolean;
  readonly cancellable?: boolean;
  readonly retriable?: boolean;
  /** Wins over what is in its way. */
  readonly precedence?: Precedence;
  /** Wants what operations with a precedence are asked for to prevent: they end it. Default false. */
  readonly opposable?: boolean;
  /** Not to be cancelled or retried by those with whom the instance is shared. */
  readonly ownerOnly?: boolean;
  readonly phases: readonly PhaseDefinition<Input>[];
  /**
   * In the transaction that ends the operation, whatever the outcome: set the state of the subject here.
   * An answer becomes the operation's `result`: JSON of at most 16 KiB.
   */
  // oxlint-disable-next-line typescript/no-invalid-void-type -- most kinds answer nothing
  ended?(em: EntityManager, operation: EndedOperation<Input>): Promise<OperationResult | void>;
}
export type OperationResult = Readonly<Record<string, unknown>>;
export interface EndedOperation<Input> {
  readonly id: string;
  readonly instanceId: string | null;
  readonly input: Input;
  readonly state: 'succeeded' | 'failed' | 'cancelled';
  readonly journal: Readonly<Record<string, unknown>>;
  readonly error: { readonly code: string; readonly detail: string } | null;
  /** The operation asked for instead; its own end says what becomes of the subject. */
  readonly supersededBy: Superseding | null;
}
// oxlint-disable-next-line typescript/no-explicit-any -- kinds of every input stand in one list
export const OperationKinds = point<OperationKind<any>>('operations.kinds');

export interface NewOperation {
  readonly kind: string;
  readonly title: string;
  readonly instanceId: string | null;
  /** Whose operation it is: this user, administrators and those with whom the instance is shared see it. */
  readonly ownerId: string | null;
  readonly requestedBy: string;
  /** JSON. */
  readonly input: Readonly<Record<string, unknown>>;
}

export interface Operations {
  /**
   * Queues it in the caller's transaction. Refused with 409 `operations.conflict`, naming the operation in the way,
   * while an exclusive one runs on the instance.
   *
   * A kind with a precedence is refused for none of a lower rank. It cancels those in the same transaction,
   * with the code `operations.superseded`, and waits for their end. The same kind asked for again answers the
   * one that is there.
   */
  start(em: EntityManager, operation: NewOperation): Promise<OperationView>;
  /** 404 when it does not exist or the caller may not see it. */
  get(id: string, identity: Identity): Promise<OperationView>;
  list(
    filter: {
      readonly instanceId?: string | undefined;
      readonly state?: string | undefined;
      readonly limit: number;
      readonly cursor?: string | undefined;
    },
    identity: Identity,
  ): Promise<Page<OperationView>>;
  /** By id, whoever's: for work that nobody waits for. Without those that are forgotten. */
  find(em: EntityManager, ids: readonly string[]): Promise<readonly OperationView[]>;
  /** The unfinished exclusive operation of each instance, if any. */
  current(
    em: EntityManager,
    instanceIds: readonly string[],
  ): Promise<ReadonlyMap<string, OperationView>>;
  /** Removes the finished operations of an instance that is gone, but for one. */
  forget(em: EntityManager, instanceId: string, except: string): Promise<void>;
  cancel(id: string, identity: Identity): Promise<OperationView>;
  retry(id: string, identity: Identity): Promise<OperationView>;
}
export const Operations = token<Operations>('operations');
