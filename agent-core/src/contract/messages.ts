/**
 * Requests, answers and reports on the wire between platform and agent. All but `GET /health` carry
 * `Authorization: Bearer <token>`; the token is the instance's own and worth nothing elsewhere.
 */
import { Type } from 'typebox';
import { AgentOperation, OperationId } from './operation.ts';
import { InstanceSpec, PlatformUrl, Sha256 } from './spec.ts';
import { AgentStatus } from './status.ts';

const closed = { additionalProperties: false } as const;

/**
 * How platform and agent reach each other and what they say there. A release of the agent names its own in
 * `release.json`; one of another number cannot be spoken to, and is not run.
 */
export const agentProtocol = 2;

/** Where an agent listens that has a machine or container of its own. */
export const defaultAgentAddress = 'tls-psk://0.0.0.0:18888';

/**
 * `POST /config`: installs a spec in phases `download`, `unpack`, `write`, `run`. A revision that is lower than the installed
 * one is refused with 409 `AGENT_REVISION_OLD`, whose problem names the installed one as `installed`.
 */
export const ConfigRequest = Type.Object(
  {
    operationId: OperationId,
    spec: InstanceSpec,
    /**
     * The installed revision, which the platform never gave out and replaces by its own: its database was put back to a
     * backup, or somebody else had the token.
     */
    supersedes: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
  },
  closed,
);
export type ConfigRequest = Type.Static<typeof ConfigRequest>;

/** `POST /start`, `/stop`, `/restart`, `/kill`. */
export const LifecycleRequest = Type.Object({ operationId: OperationId }, closed);
export type LifecycleRequest = Type.Static<typeof LifecycleRequest>;

/** A release of the agent: an artifact `tar.gz` with `release.json` at its root. */
export const AgentRelease = Type.Object(
  { sha256: Sha256, size: Type.Integer({ minimum: 1, maximum: 2 ** 32 }) },
  closed,
);
export type AgentRelease = Type.Static<typeof AgentRelease>;

/**
 * `POST /update`: becomes that release, in phases `download`, `unpack`, `switch`, `prove`. The game goes on. A release that
 * is not healthy in time is taken back, and the operation fails with `AGENT_UPDATE_TAKEN_BACK`.
 */
export const UpdateRequest = Type.Object(
  { operationId: OperationId, release: AgentRelease },
  closed,
);
export type UpdateRequest = Type.Static<typeof UpdateRequest>;

/** 202 of everything that takes time. */
export const OperationReply = Type.Object({ operation: AgentOperation });
export type OperationReply = Type.Static<typeof OperationReply>;

/** `POST /console/command`: one line, as if typed; answered 204 when the game has it. */
export const ConsoleCommandRequest = Type.Object(
  {
    command: Type.String({
      minLength: 1,
      maxLength: 1024,
      pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$',
      patternErrorMessage: 'must be one line without control characters',
    }),
  },
  closed,
);
export type ConsoleCommandRequest = Type.Static<typeof ConsoleCommandRequest>;

/** `POST /shutdown`: the agent ends; the game goes on unless `stopServer`. Answered 202. */
export const ShutdownRequest = Type.Object({ stopServer: Type.Boolean() }, closed);
export type ShutdownRequest = Type.Static<typeof ShutdownRequest>;

/** `POST /platform`: where the platform answers from now on; answered 204. */
export const PlatformRequest = Type.Object({ platformUrl: PlatformUrl }, closed);
export type PlatformRequest = Type.Static<typeof PlatformRequest>;

/** `GET /health`: secret-free, unauthenticated; says only that this is an agent and it is alive. */
export const HealthReply = Type.Object({ status: Type.Literal('ok'), agentVersion: Type.String() });
export type HealthReply = Type.Static<typeof HealthReply>;

/** `GET /ready`: 200 when players may be sent here, else 503 with the reason. */
export const ReadyReply = Type.Object({
  ready: Type.Boolean(),
  reason: Type.Union([Type.String(), Type.Null()]),
});
export type ReadyReply = Type.Static<typeof ReadyReply>;

/**
 * Text frames a console viewer may send. The agent sends binary frames (first the scrollback, then
 * output) and the text frames of {@link ConsoleNotice}. A viewer who sends faster than the game reads is
 * not listened to until it has read on.
 */
export const ConsoleMessage = Type.Union([
  Type.Object({ type: Type.Literal('input'), data: Type.String({ maxLength: 4096 }) }, closed),
  Type.Object(
    {
      type: Type.Literal('resize'),
      cols: Type.Integer({ minimum: 2, maximum: 500 }),
      rows: Type.Integer({ minimum: 1, maximum: 300 }),
    },
    closed,
  ),
]);
export type ConsoleMessage = Type.Static<typeof ConsoleMessage>;

/**
 * Text frames a console viewer is sent. `kind` comes first and says what the output is. `resync`: it was too slow, the scrollback is repeated; clear the
 * screen. `refused`: something that it typed does not reach the game, and why; told at most once a second.
 */
export const ConsoleNotice = Type.Union([
  Type.Object({ type: Type.Literal('kind'), kind: Type.Enum(['log', 'terminal']) }, closed),
  Type.Object({ type: Type.Literal('resync') }, closed),
  Type.Object(
    {
      type: Type.Literal('refused'),
      /** `AGENT_INPUT_FULL`, `AGENT_NOT_RUNNING` … */
      code: Type.String(),
      /** What is wrong and what to do, two sentences. */
      detail: Type.String(),
    },
    closed,
  ),
]);
export type ConsoleNotice = Type.Static<typeof ConsoleNotice>;

/** RFC 9457 problem+json with a stable `code`. */
export const AgentProblem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.String(),
  /** What is wrong, one sentence. */
  detail: Type.String(),
  /** What to do, one sentence. */
  hint: Type.Optional(Type.String()),
  /** 400 and 422: every faulty field as a JSON pointer into the request. */
  errors: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }))),
  /** 409: the operation in the way. */
  operation: Type.Optional(AgentOperation),
});
export type AgentProblem = Type.Static<typeof AgentProblem>;

/**
 * `POST <platformUrl>/api/agents/report`: at once on every change and as a heartbeat. A `sequence` that is
 * not higher than the last one is refused with 409, whose problem names the last one as `sequence`: the agent
 * continues from there. A report that was overtaken, or recorded and sent again, never counts.
 * Any 2xx answer is success; its body is ignored.
 */
export const AgentReport = Type.Object({
  sequence: Type.Integer({ minimum: 0 }),
  status: AgentStatus,
});
export type AgentReport = Type.Static<typeof AgentReport>;
