/**
 * What an agent operation looks like to everybody who asks for it. It promises the same shape as the
 * platform's operations (phases with progress, one end state, a coded error), so that both can be
 * shown by the same code.
 */
import { Type } from 'typebox';

/** Caller-chosen id of an operation; repeating a request with the same id never repeats the work. */
export const OperationId = Type.String({ format: 'uuid', description: 'Chosen by the caller' });

export const PhaseState = Type.Enum([
  'pending',
  'running',
  'succeeded',
  'failed',
  'cancelled',
  'skipped',
]);
export type PhaseState = Type.Static<typeof PhaseState>;

export const OperationState = Type.Enum(['queued', 'running', 'succeeded', 'failed', 'cancelled']);
export type OperationState = Type.Static<typeof OperationState>;

const Time = Type.String({ format: 'date-time' });
const MaybeTime = Type.Union([Time, Type.Null()]);

export const AgentPhase = Type.Object(
  {
    name: Type.String(),
    state: PhaseState,
    /** 0..1 while it can be told, else null. */
    progress: Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()]),
    startedAt: MaybeTime,
    finishedAt: MaybeTime,
  },
  { title: 'AgentPhase' },
);
export type AgentPhase = Type.Static<typeof AgentPhase>;

export const AgentOperation = Type.Object(
  {
    id: Type.String(),
    /** `install`, `start`, `stop`, `restart`, `kill`, or `<plugin>.<verb>` of an agent plugin. */
    kind: Type.String(),
    state: OperationState,
    phases: Type.Array(AgentPhase),
    error: Type.Union([Type.Object({ code: Type.String(), detail: Type.String() }), Type.Null()]),
    createdAt: Time,
    finishedAt: MaybeTime,
  },
  { title: 'AgentOperation' },
);
export type AgentOperation = Type.Static<typeof AgentOperation>;
