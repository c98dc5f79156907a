/**
 * A game as data: which variants and versions there are, what each consists of and how it is run. A host
 * adds a game with one JSON file of this shape, a plugin with the `Games` point; no code is needed.
 *
 * Two kinds of placeholders stand in a template's texts. The platform fills in, when a version is chosen:
 *
 *   {version}   the version's id, also inside `artifacts[].request`
 *   {runtime}   the program of the chosen runtime
 *   {platform}  the operating system as Node calls it: `linux`
 *   {arch}      the processor as Node calls it: `x64`, `arm64`
 *
 * Everything else (`{artifact:server}`, `{port:game}`, `{host:game}`, `{memoryMiB}`, `{memoryMiB:70}`, `{data}`, `{secret:econ}`) is
 * the agent's and told at its `InstanceSpec`. `artifact:runtime` is the runtime chosen by the `runtime` rules.
 */
import {
  ActionName,
  ActionSpec,
  ConsoleSpec,
  CrashPolicySpec,
  FileMode,
  InstallStep,
  LimitsSpec,
  ProbeSpec,
  StopStep,
} from '@zlh/agent';
import { minMemoryMiB } from '@zlh/instances';
import { Type, type Static } from 'typebox';

const closed = { additionalProperties: false } as const;
const Id = Type.String({
  pattern: '^[a-z0-9]+(-[a-z0-9]+)*$',
  patternErrorMessage: 'must be lower-case letters and digits, parted by single hyphens',
  maxLength: 32,
});
const Text = (maxLength: number) => Type.String({ minLength: 1, maxLength });
const Memory = Type.Integer({ minimum: minMemoryMiB, maximum: 16_777_216 });
const Request = Type.Record(Type.String(), Type.Unknown());

/** As published: `1.21.4`, `26.2`. It becomes part of paths and arguments, hence the narrow alphabet. */
export const VersionId = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$',
  patternErrorMessage:
    'must begin with a letter or digit and hold letters, digits, ".", "_", "+" and "-" only, 64 at most',
});

/** Where an entry applies: from this version on, and below that one. Without both: to every version. */
const range = { from: Type.Optional(VersionId), below: Type.Optional(VersionId) };

export const RuntimeTemplate = Type.Object(
  {
    /** `java-21` */
    id: Id,
    name: Text(80),
    /** `java`, `node` */
    kind: Id,
    version: Text(40),
    artifact: Type.Object({ importer: Id, request: Request }, closed),
    /** Its program: `{artifact:runtime}/bin/java`. */
    command: Text(512),
  },
  closed,
);
export type RuntimeTemplate = Static<typeof RuntimeTemplate>;

const Versions = Type.Object(
  {
    /** Preselected; one of `list`. */
    recommended: VersionId,
    /** Always on offer, newest first. */
    list: Type.Array(VersionId, { minItems: 1, maxItems: 500 }),
    /** Further versions are asked of this importer now and then; those outside the range are left out. */
    upstream: Type.Optional(
      Type.Object({ importer: Id, request: Type.Optional(Request), ...range }, closed),
    ),
  },
  closed,
);

const Launch = Type.Object(
  {
    command: Text(4096),
    args: Type.Array(
      Type.Union([
        Type.String({ maxLength: 4096 }),
        Type.Object({ args: Type.Array(Type.String({ maxLength: 4096 })), ...range }, closed),
      ]),
      { maxItems: 256 },
    ),
    env: Type.Optional(
      Type.Record(
        Type.String({
          pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
          patternErrorMessage:
            'must be letters, digits and underscores, without a digit at the beginning',
        }),
        Type.String({ maxLength: 4096 }),
        closed,
      ),
    ),
  },
  closed,
);

const Save = Type.Object(
  {
    /** Stops writing to the world; null where the game cannot. */
    off: Type.Union([Text(200), Type.Null()]),
    /** Writes everything out. */
    flush: Text(200),
    /** Allows writing again. */
    on: Type.Union([Text(200), Type.Null()]),
    /** A regular expression; the line of console output that confirms `flush`. */
    confirmation: Text(200),
    timeoutMs: Type.Integer({ minimum: 100, maximum: 3_600_000 }),
  },
  closed,
);

export const VariantTemplate = Type.Object(
  {
    /** Part of host names: `mc-paper-7`. */
    id: Id,
    name: Text(80),
    description: Text(500),
    /** The terms one accepts by creating a server, or null. */
    eula: Type.Union([
      Type.String({
        pattern: '^https://\\S+$',
        patternErrorMessage: 'must be an address that begins with https://',
        maxLength: 500,
      }),
      Type.Null(),
    ]),
    /** The game reads from `key` of `path` that they are accepted; one of `files` with mode `create`. */
    consent: Type.Optional(
      Type.Object({ path: Text(512), key: Text(64), value: Text(64) }, closed),
    ),
    memoryMiB: Type.Object({ min: Memory, default: Memory, max: Memory }, closed),
    /** What an instance of it may use besides, unless its creator says otherwise; what is absent the platform decides. */
    limits: Type.Optional(LimitsSpec),
    versions: Versions,
    /** The last rule that applies wins; `id` is a runtime's. Empty: the game needs none. */
    runtime: Type.Array(Type.Object({ id: Id, ...range }, closed), { maxItems: 32 }),
    artifacts: Type.Array(
      Type.Object(
        {
          name: Id,
          importer: Id,
          request: Request,
          executable: Type.Optional(Type.Boolean()),
          ...range,
        },
        closed,
      ),
      { maxItems: 32 },
    ),
    /** Publishers' own installers: run once, after artifacts and files are in place. */
    install: Type.Optional(
      Type.Array(Type.Object({ ...InstallStep.properties, ...range }, closed), { maxItems: 8 }),
    ),
    launch: Launch,
    /** The first one is where players connect. */
    ports: Type.Array(
      Type.Object(
        {
          name: Id,
          protocol: Type.Enum(['tcp', 'udp']),
          /** For the agent alone, such as a console behind a port: only ever on 127.0.0.1. */
          internal: Type.Optional(Type.Boolean()),
        },
        closed,
      ),
      { minItems: 1, maxItems: 16 },
    ),
    probe: ProbeSpec,
    /** Where commands go. Default: the terminal. */
    console: Type.Optional(ConsoleSpec),
    /** What it can be told, besides what all variants of the game can; null takes one of those away. */
    actions: Type.Optional(Type.Record(ActionName, Type.Union([ActionSpec, Type.Null()]), closed)),
    stop: Type.Array(StopStep, { maxItems: 8 }),
    crash: CrashPolicySpec,
    /** Written into the data folder; `lines` are joined and end in a newline. */
    files: Type.Array(
      Type.Object(
        {
          path: Text(512),
          lines: Type.Array(Type.String({ maxLength: 4096 }), { maxItems: 4096 }),
          mode: FileMode,
          ...range,
        },
        closed,
      ),
      { maxItems: 64 },
    ),
    /** How the world is saved while the server runs; null where it must be stopped for a backup. */
    save: Type.Union([Save, Type.Null()]),
    /** Paths in the data folder. What can be installed again (`exclude`) is never backed up. */
    backup: Type.Object(
      {
        include: Type.Array(Text(512), { minItems: 1, maxItems: 64 }),
        exclude: Type.Array(Text(512), { maxItems: 64 }),
      },
      closed,
    ),
    /** Where mods or plugins go, and for which loaders they are made, the best first. Absent: it takes none. */
    mods: Type.Optional(
      Type.Object(
        {
          folder: Type.Enum(['mods', 'plugins']),
          /** As Modrinth calls them: `fabric`, `neoforge`, `paper`, `bukkit`. */
          loaders: Type.Array(Id, { minItems: 1, maxItems: 8 }),
        },
        closed,
      ),
    ),
    /** `unprivileged`: the game refuses root or must never have it. */
    user: Type.Enum(['unprivileged', 'any']),
  },
  closed,
);
export type VariantTemplate = Static<typeof VariantTemplate>;

export const GameTemplate = Type.Object(
  {
    id: Id,
    name: Text(80),
    description: Text(500),
    /** Host names are `<hostPrefix>-<variant>-<vmid>`. */
    hostPrefix: Type.String({
      pattern: '^[a-z][a-z0-9]{0,11}$',
      patternErrorMessage: 'must be 1 to 12 lower-case letters and digits, a letter first',
    }),
    /** What every variant can be told. */
    actions: Type.Optional(Type.Record(ActionName, ActionSpec, closed)),
    variants: Type.Array(VariantTemplate, { minItems: 1, maxItems: 64 }),
  },
  closed,
);
export type GameTemplate = Static<typeof GameTemplate>;
