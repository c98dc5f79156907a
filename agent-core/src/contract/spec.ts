/**
 * The one complete description of what an agent installs and runs. The platform resolves a template
 * into it and sends it with `POST /config`; the agent needs nothing else and asks nobody.
 *
 * Placeholders in `launch.command`, `launch.args`, `launch.env` and `files[].content` are resolved by
 * the agent, because only it knows its folders:
 *
 *   {artifact:<name>}  absolute path: the unpacked folder, or the file itself for format 'file'
 *   {data}             absolute path of the data folder (also the working directory)
 *   {memoryMiB}        the memory limit, a plain integer
 *   {memoryMiB:70}     so many percent of it: what a program takes besides its heap counts, too
 *   {port:<name>}      the port's number
 *   {host:<name>}      the address this port is to be listened on
 *   {secret:<name>}    a password made for this instance; only in files, which are then closed to other users
 *
 * An unknown placeholder refuses the spec (`AGENT_PLACEHOLDER_UNKNOWN`). `{{data}}` stands for the
 * literal text `{data}`; pass text that came from a user through {@link escapePlaceholders}.
 */
import { peerAddressPattern } from '@zlh/kernel';
import { Type } from 'typebox';
import { ActionName, ActionSpec } from './actions.ts';
import { ConsoleSpec } from './console.ts';
import { InstallStep } from './install-step.ts';

const closed = { additionalProperties: false } as const;
const Name = Type.String({
  pattern: '^[a-z0-9][a-z0-9._-]{0,63}$',
  patternErrorMessage:
    'must be lower-case letters, digits, ".", "_" and "-", a letter or digit first, 64 at most',
});
const Milliseconds = (minimum: number) => Type.Integer({ minimum, maximum: 86_400_000 });

/** 64 lower-case hex digits. */
export const Sha256 = Type.String({
  pattern: '^[0-9a-f]{64}$',
  patternErrorMessage: 'must be 64 lower-case hexadecimal digits',
});

/**
 * Where the platform listens for agents: `unix:/path` or `tls-psk://host:port`, see the kernel's
 * `peerAddress`.
 */
export const PlatformUrl = Type.String({
  pattern: peerAddressPattern,
  patternErrorMessage: 'must be "unix:" and an absolute path, or "tls-psk://", a host and a port',
  maxLength: 4096,
});

export const ArtifactFormat = Type.Enum(['file', 'tar', 'tar.gz', 'zip']);
export type ArtifactFormat = Type.Static<typeof ArtifactFormat>;

/** Something to download by hash; shared read-only by all instances of the machine. */
export const ArtifactRef = Type.Object(
  {
    name: Name,
    sha256: Sha256,
    /** Bytes of the download (not of what it unpacks to). */
    size: Type.Integer({ minimum: 0, maximum: 2 ** 44 }),
    format: ArtifactFormat,
    /** Only for format 'file': its name on disk. Default: `name`. */
    fileName: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$',
        patternErrorMessage:
          'must be letters, digits, ".", "_", "+" and "-", a letter or digit first, 128 at most',
      }),
    ),
    /** Only for format 'file': whether it may be executed. Default false. */
    executable: Type.Optional(Type.Boolean()),
  },
  closed,
);
export type ArtifactRef = Type.Static<typeof ArtifactRef>;

export const FileMode = Type.Enum(['create', 'overwrite', 'properties', 'minetest-conf']);
export type FileMode = Type.Static<typeof FileMode>;

/** A file the template wants in the data folder. */
export const SpecFile = Type.Object(
  {
    /** Relative to the data folder, `/` between parts, no `.`, `..` or empty part. */
    path: Type.String({ minLength: 1, maxLength: 512 }),
    content: Type.String({ maxLength: 1_048_576 }),
    /**
     * `create`: only when missing. `overwrite`: always. `properties`: `content` is lines of a Java
     * .properties file whose keys replace those of the existing file; every other byte of the file is
     * kept. `minetest-conf`: the same of a minetest.conf, with its values of several lines. The agent
     * does so at each installation and before each start.
     */
    mode: FileMode,
  },
  closed,
);
export type SpecFile = Type.Static<typeof SpecFile>;

/**
 * An artifact that is to lie in the data folder, such as a mod. Where something else lies that the
 * agent did not put there, that is kept beside it as `<path>.bak`; what is no longer in the list is
 * removed, unless somebody changed it.
 */
export const ManagedFile = Type.Object(
  {
    /** As of a {@link SpecFile}. */
    path: Type.String({ minLength: 1, maxLength: 512 }),
    /** Name of an artifact of format 'file'. */
    artifact: Name,
  },
  closed,
);
export type ManagedFile = Type.Static<typeof ManagedFile>;

/**
 * A consent to the publisher's terms that the game reads from a key of one of `files`. The creator of
 * the server gives it. Where the file has another value later, starts are refused
 * (`AGENT_CONSENT_WITHDRAWN`).
 */
export const ConsentSpec = Type.Object(
  {
    /** As of a {@link SpecFile} with mode `create`. */
    path: Type.String({ minLength: 1, maxLength: 512 }),
    key: Type.String({ minLength: 1, maxLength: 64 }),
    /** Upper and lower case are alike. */
    value: Type.String({ minLength: 1, maxLength: 64 }),
    /** Where the terms can be read. */
    terms: Type.Union([Type.String({ maxLength: 500 }), Type.Null()]),
  },
  closed,
);
export type ConsentSpec = Type.Static<typeof ConsentSpec>;

export const PortSpec = Type.Object(
  {
    name: Name,
    protocol: Type.Enum(['tcp', 'udp']),
    /** Address the game listens on; a wildcard (`0.0.0.0`, `::`) is probed on loopback. */
    host: Type.String({ minLength: 1, maxLength: 255 }),
    port: Type.Integer({ minimum: 1, maximum: 65_535 }),
  },
  closed,
);
export type PortSpec = Type.Static<typeof PortSpec>;

const ProbePort = Type.Optional(Type.Union([Name, Type.Null()]));
const ProbeKindName = Type.String({ minLength: 1, maxLength: 64 });
const ProbeOptions = Type.Optional(Type.Record(Type.String(), Type.Unknown()));

/** One sign of readiness; `kind`, `port` and `options` as of a {@link ProbeSpec}. */
export const ProbeSign = Type.Object(
  { kind: ProbeKindName, port: ProbePort, options: ProbeOptions },
  closed,
);
export type ProbeSign = Type.Static<typeof ProbeSign>;

/** How readiness is found out. `kind` names a contribution to the `Probes` point. */
export const ProbeSpec = Type.Object(
  {
    kind: ProbeKindName,
    /** Which of `ports` to ask; null or absent for probes that need none. */
    port: ProbePort,
    options: ProbeOptions,
    /**
     * Where the probe has not answered in this run, in order: lists of signs that must all hold. For
     * servers whose owner may switch the probe's answer off. Once the probe has answered it alone
     * decides.
     */
    otherwise: Type.Optional(
      Type.Array(Type.Array(ProbeSign, { minItems: 1, maxItems: 4 }), { maxItems: 4 }),
    ),
    intervalMs: Milliseconds(20),
    timeoutMs: Milliseconds(20),
    /** A server that is not ready this long after its launch counts as crashed (`never-ready`). */
    startupTimeoutMs: Milliseconds(100),
    /** This many failures in a row make a ready server unready. */
    failuresToUnready: Type.Integer({ minimum: 1, maximum: 1000 }),
  },
  closed,
);
export type ProbeSpec = Type.Static<typeof ProbeSpec>;

/** One rung of the ladder that ends a server. SIGKILL of the whole tree always follows the last. */
export const StopStep = Type.Union([
  Type.Object({ command: Type.String({ maxLength: 1024 }), waitMs: Milliseconds(0) }, closed),
  Type.Object(
    { signal: Type.Enum(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']), waitMs: Milliseconds(0) },
    closed,
  ),
]);
export type StopStep = Type.Static<typeof StopStep>;

export const CrashPolicySpec = Type.Object(
  {
    /** Wait before the first automatic start; doubles with each crash. */
    backoffInitialMs: Milliseconds(0),
    backoffMaxMs: Milliseconds(0),
    /** Being ready this long without a break forgets earlier crashes. */
    stableAfterMs: Milliseconds(0),
    /** Give up when this many crashes in a row happened; 0 never starts again by itself. */
    maxCrashes: Type.Integer({ minimum: 0, maximum: 10_000 }),
    /**
     * A server that was ready and does not answer its probe for this long is ended (`hung`). Absent:
     * never. More than the game takes to save when a player stops it from inside.
     */
    hangAfterMs: Type.Optional(Milliseconds(100)),
  },
  closed,
);
export type CrashPolicySpec = Type.Static<typeof CrashPolicySpec>;

/**
 * What the game may use besides memory; absent is no limit. `status.enforced` says which of them are
 * kept to.
 */
export const LimitsSpec = Type.Object(
  {
    /** Of processor time; 100 is one core. */
    cpuPercent: Type.Optional(Type.Integer({ minimum: 1, maximum: 102_400 })),
    /** Processes and threads at the same time. */
    processes: Type.Optional(Type.Integer({ minimum: 8, maximum: 4_194_304 })),
    /**
     * Of the data folder. Kept by the agent for what goes through it; the game itself is not held to
     * it.
     */
    diskMiB: Type.Optional(Type.Integer({ minimum: 1, maximum: 16_777_216 })),
  },
  closed,
);
export type LimitsSpec = Type.Static<typeof LimitsSpec>;

/** The user as programs inside the sandbox see it. */
export const AccountSpec = Type.Object(
  {
    name: Type.String({
      pattern: '^[a-z_][a-z0-9_-]{0,31}$',
      patternErrorMessage: 'must be a user name: lower-case letters, digits, - and _',
    }),
    shell: Type.String({
      pattern: '^/[A-Za-z0-9/._-]+$',
      maxLength: 256,
      patternErrorMessage: 'must be an absolute path of letters, digits, dots, - and _',
    }),
  },
  closed,
);
export type AccountSpec = Type.Static<typeof AccountSpec>;

export const InstanceSpec = Type.Object(
  {
    instanceId: Type.String({ format: 'uuid' }),
    /**
     * Rises with every change; one lower than the installed revision is refused, see `ConfigRequest`.
     */
    revision: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    /** Where artifacts come from and reports go to. */
    platformUrl: PlatformUrl,
    /** For people and logs: the platform's kind of instance. */
    kind: Type.String({ minLength: 1, maxLength: 32 }),
    /** Names for people and logs; the agent does not interpret them. */
    game: Type.String({ maxLength: 128 }),
    variant: Type.String({ maxLength: 128 }),
    version: Type.String({ maxLength: 128 }),
    /** Of the game and everything it starts; the system ends what needs more. */
    memoryMiB: Type.Integer({ minimum: 16, maximum: 16_777_216 }),
    limits: Type.Optional(LimitsSpec),
    artifacts: Type.Array(ArtifactRef, { maxItems: 512 }),
    files: Type.Array(SpecFile, { maxItems: 256 }),
    /** Copies of artifacts in the data folder; the agent keeps them as the list says. */
    managedFiles: Type.Optional(Type.Array(ManagedFile, { maxItems: 512 })),
    /** Absent: the game needs none. */
    consent: Type.Optional(ConsentSpec),
    /** Run once, after artifacts and files are in place. */
    install: Type.Optional(Type.Array(InstallStep, { maxItems: 8 })),
    launch: Type.Object(
      {
        /** Absolute path after placeholders, or a name looked up on the default PATH. */
        command: Type.String({ minLength: 1, maxLength: 4096 }),
        args: Type.Array(Type.String({ maxLength: 65_536 }), { maxItems: 1024 }),
        /** The whole environment besides PATH, HOME, LANG and TERM; the agent's own never leaks. */
        env: Type.Record(
          Type.String({
            pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
            patternErrorMessage:
              'must be letters, digits and underscores, without a digit at the beginning',
          }),
          Type.String(),
          closed,
        ),
      },
      closed,
    ),
    ports: Type.Array(PortSpec, { maxItems: 64 }),
    probe: ProbeSpec,
    /** Where commands go. Default: its terminal. */
    console: Type.Optional(ConsoleSpec),
    /** What it can be told, by name: `say`, `save`, `players`. */
    actions: Type.Optional(Type.Record(ActionName, ActionSpec, { maxProperties: 64, ...closed })),
    stop: Type.Array(StopStep, { maxItems: 8 }),
    crash: CrashPolicySpec,
    /** Default: `game`, with `/bin/sh`. Without isolation programs see the machine's own users. */
    account: Type.Optional(AccountSpec),
    /** Start when the agent starts and the server was wanted running before (reboot of the machine). */
    autostart: Type.Boolean(),
    /** Run the game as this user when the agent is root; null runs it as the agent's own. */
    user: Type.Union([
      Type.Object(
        {
          uid: Type.Integer({ minimum: 1, maximum: 2 ** 32 - 2 }),
          gid: Type.Integer({ minimum: 1, maximum: 2 ** 32 - 2 }),
        },
        closed,
      ),
      Type.Null(),
    ]),
  },
  closed,
);
export type InstanceSpec = Type.Static<typeof InstanceSpec>;

/** Makes text that came from a user safe to place where placeholders are resolved. */
export function escapePlaceholders(text: string): string {
  return text.replace(/\{([A-Za-z]+(?::[A-Za-z0-9._-]*)?)\}/g, '{{$1}}');
}
