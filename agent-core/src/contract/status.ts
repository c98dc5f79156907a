/**
 * What an agent says about its server, in answers to `GET /status` and in reports to the platform.
 * It promises to be complete: whoever reads one status needs no earlier one.
 */
import { Type } from 'typebox';
import { AgentOperation } from './operation.ts';

const Time = Type.String({ format: 'date-time' });
const orNull = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** `provisioning`: no spec yet. `error`: the agent itself cannot go on; `maintenance` says why. */
export const AgentState = Type.Enum([
  'provisioning',
  'installing',
  'stopped',
  'starting',
  'running',
  'stopping',
  'crashed',
  'error',
]);
export type AgentState = Type.Static<typeof AgentState>;

export const CrashReason = Type.Enum([
  'out-of-memory',
  'signal',
  'exit-code',
  'never-ready',
  'port-taken',
  'disk-full',
  'artifact-damaged',
]);
export type CrashReason = Type.Static<typeof CrashReason>;

export const CrashReport = Type.Object(
  {
    at: Time,
    reason: CrashReason,
    /** One sentence for people. */
    detail: Type.String(),
    exitCode: orNull(Type.Integer()),
    /** Signal name such as `SIGKILL`. */
    signal: orNull(Type.String()),
    /** Crashes in a row, this one included. */
    count: Type.Integer(),
    /** When the agent starts it again by itself. */
    retryAt: orNull(Time),
    /** True when the limit is reached and only a manual start helps. */
    gaveUp: Type.Boolean(),
  },
  { title: 'Crash' },
);
export type CrashReport = Type.Static<typeof CrashReport>;

export const AgentStatus = Type.Object(
  {
    /** Null before the first spec. */
    instanceId: orNull(Type.String()),
    agentVersion: Type.String(),
    /** Revision of the installed spec; -1 before the first. */
    revision: Type.Integer(),
    state: AgentState,
    /** A probe succeeded and has not failed since; true only in state `running`. */
    ready: Type.Boolean(),
    /** When `state` was entered. */
    since: Time,
    readySince: orNull(Time),
    /** The operation that runs now. */
    operation: orNull(AgentOperation),
    /** Why the instance is not to be touched, e.g. a restore in progress. */
    maintenance: orNull(Type.String()),
    /** The last crash, until a start is asked for or the server was stable for long enough. */
    crash: orNull(CrashReport),
    /** Everything the spec asks for is installed. */
    provisioningComplete: Type.Boolean(),
    players: orNull(Type.Object({ online: Type.Integer(), max: Type.Integer() })),
    /** Of the whole process tree: proportional memory, and CPU in percent of one core. */
    usage: orNull(Type.Object({ memoryBytes: Type.Integer(), cpuPercent: Type.Number() })),
    /** Where players connect, as the spec's first port says; null while nothing runs. */
    address: orNull(Type.Object({ host: Type.String(), port: Type.Integer() })),
  },
  { title: 'AgentStatus' },
);
export type AgentStatus = Type.Static<typeof AgentStatus>;
