/**
 * What an agent says about its server, in answers to `GET /status` and in reports to the platform.
 * It promises to be complete: whoever reads one status needs no earlier one. What agents learned to say later is
 * optional, because an agent of yesterday reports to a platform of today.
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
  'hung',
]);
export type CrashReason = Type.Static<typeof CrashReason>;

/** What a probe said last. */
export const ProbeWord = Type.Object(
  {
    kind: Type.String(),
    /** Name of the port it asks. */
    port: orNull(Type.String()),
    ready: Type.Boolean(),
    /** Why not, or what was odd about the answer. */
    detail: orNull(Type.String()),
    /** Since when it has been saying so. */
    since: Time,
  },
  { title: 'ProbeWord' },
);
export type ProbeWord = Type.Static<typeof ProbeWord>;

/** The customer took the consent back that the game needs, by its file. */
export const WithdrawnConsent = Type.Object(
  {
    /** `AGENT_CONSENT_WITHDRAWN`, with which starts are refused. */
    code: Type.String(),
    detail: Type.String(),
    /** How to give it again. */
    hint: Type.String(),
    /** The file that says so, in the data folder. */
    path: Type.String(),
    /** Where the terms can be read. */
    terms: orNull(Type.String()),
  },
  { title: 'WithdrawnConsent' },
);
export type WithdrawnConsent = Type.Static<typeof WithdrawnConsent>;

/** Whether the game's limits are enforced, and by what; `none` where the host does not let the agent. */
export const LimitsKind = Type.Enum(['cgroup-v1', 'cgroup-v2', 'none']);
export type LimitsKind = Type.Static<typeof LimitsKind>;

/** A limit as the spec calls it. */
export const LimitName = Type.Enum(['memoryMiB', 'cpuPercent', 'processes', 'diskMiB']);
export type LimitName = Type.Static<typeof LimitName>;

export const CrashReport = Type.Object(
  {
    /** The same in `GET /crashes`, which also has the last lines of the console. */
    id: Type.Optional(Type.String()),
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
    /** What the probes said last. */
    probes: Type.Optional(Type.Array(ProbeWord)),
  },
  { title: 'Crash' },
);
export type CrashReport = Type.Static<typeof CrashReport>;

export const AgentStatus = Type.Object(
  {
    /** Null before the first spec. */
    instanceId: orNull(Type.String()),
    agentVersion: Type.String(),
    /** SHA-256 of the release it runs from; null while it runs from the platform's own files. */
    release: Type.Optional(orNull(Type.String())),
    /** Revision of the installed spec; -1 before the first. */
    revision: Type.Integer(),
    state: AgentState,
    /** A probe succeeded and has not failed since; true only in state `running`. */
    ready: Type.Boolean(),
    /**
     * The server is to run: it does, or is started again by itself. False once somebody stopped it, inside the game too, or
     * the agent gave it up.
     */
    wanted: Type.Optional(Type.Boolean()),
    /** When `state` was entered. */
    since: Time,
    readySince: orNull(Time),
    /** Since when a running server that was ready does not answer its probe. */
    unresponsiveSince: Type.Optional(orNull(Time)),
    /** The operation that runs now. */
    operation: orNull(AgentOperation),
    /** Why the instance is not to be touched, e.g. a restore in progress. */
    maintenance: orNull(Type.String()),
    /** The last crash, until a start is asked for, the server ends as it should, or was stable for long enough. */
    crash: orNull(CrashReport),
    /** Null: the consent that the game needs is given, or none is needed. Otherwise nothing starts. */
    consent: Type.Optional(orNull(WithdrawnConsent)),
    /** Everything the spec asks for is installed. */
    provisioningComplete: Type.Boolean(),
    /** Null, whole or in part: the server does not say. */
    players: orNull(Type.Object({ online: orNull(Type.Integer()), max: orNull(Type.Integer()) })),
    /** What each probe of the run said last, in the order of the spec; empty while nothing runs. */
    probes: Type.Optional(Type.Array(ProbeWord)),
    /** Of the whole process tree; null while nothing runs. */
    usage: orNull(
      Type.Object({
        memoryBytes: Type.Integer(),
        /** Of one core; null before there are two samples to compare. */
        cpuPercent: orNull(Type.Number()),
        processes: Type.Optional(Type.Integer()),
        /** Of the data folder; null until it was looked at, which takes its time. */
        diskBytes: Type.Optional(orNull(Type.Integer())),
      }),
    ),
    limits: Type.Optional(LimitsKind),
    /**
     * Which limits of the spec are really kept to here: a kernel may have no controller for one of them, and `diskMiB` is
     * kept by a plugin of the agent, for what goes through it.
     */
    enforced: Type.Optional(Type.Array(LimitName)),
    /** Where players connect, as the spec's first port says; null while nothing runs. */
    address: orNull(Type.Object({ host: Type.String(), port: Type.Integer() })),
  },
  { title: 'AgentStatus' },
);
export type AgentStatus = Type.Static<typeof AgentStatus>;
