/**
 * Instance kinds: each says what a request holds, and resolves it into a workload. The platform resolves a
 * workload once per creation and keeps it, so that nothing downstream asks where the workload came from.
 */
import { point } from '@zlh/kernel';
import type { InstanceSpec, LimitsSpec } from '@zlh/agent';
import type { ArtifactWanted } from '@zlh/artifacts';
import type { Static, TObject } from 'typebox';

/** Everything an instance consists of and is run by. JSON: the platform keeps it beside the instance. */
export interface ResolvedWorkload {
  /** For people, one line: `Minecraft · Paper 1.21.7`. */
  readonly label: string;
  /** Host names are `<stem>-<vmid>`. */
  readonly hostnameStem: string;
  /** Ids for people, logs and the agent's spec. */
  readonly software: {
    readonly game: string;
    readonly variant: string;
    readonly version: string;
  };
  readonly memoryMiB: { readonly min: number; readonly default: number; readonly max: number };
  /** Of instances whose creator asks for nothing else; the platform decides absent members. */
  readonly limits?: LimitsSpec;
  readonly artifacts: readonly ArtifactWanted[];
  /** The first one is the address of the instance. */
  readonly ports: readonly WorkloadPort[];
  /** The parts of the spec that the kind decides. */
  readonly spec: Pick<
    InstanceSpec,
    | 'launch'
    | 'probe'
    | 'stop'
    | 'crash'
    | 'files'
    | 'consent'
    | 'account'
    | 'install'
    | 'console'
    | 'actions'
  >;
  /** The commands that save while it runs; null where it must be stopped for a backup. */
  readonly save: WorkloadSave | null;
  /** Paths in the data folder. */
  readonly backup: { readonly include: readonly string[]; readonly exclude: readonly string[] };
  /** Where mods go, and the loaders they are made for; absent where it takes none. */
  readonly mods?: {
    readonly folder: 'mods' | 'plugins';
    readonly loaders: readonly string[];
  };
}

export interface WorkloadPort {
  readonly name: string;
  readonly protocol: 'tcp' | 'udp';
  /** For the agent alone: to be listened on 127.0.0.1, whatever the placement says. */
  readonly internal?: boolean | undefined;
}

export interface WorkloadSave {
  /** Stops writing; null where the program cannot. */
  readonly off: string | null;
  readonly flush: string;
  readonly on: string | null;
  /** A regular expression; the line of output that confirms `flush`. */
  readonly confirmation: string;
  readonly timeoutMs: number;
}

/** The body of `POST /api/instances`, checked against the schema of its kind. JSON: the platform keeps it. */
export interface InstanceRequest extends LimitsSpec {
  readonly kind: string;
  readonly name: string;
  readonly memoryMiB?: number;
  readonly [member: string]: unknown;
}

export interface InstanceKind {
  /** kebab-case: `game`, `dev`. */
  readonly kind: string;
  /** The members of a request besides those of every kind: name, memory and limits. */
  readonly request: TObject;
  /** @throws Problem 422 that names the member which is not on offer */
  resolve(request: InstanceRequest): Promise<ResolvedWorkload>;
}
export const InstanceKinds = point<InstanceKind>('instances.kinds');

/** Types the request by its schema; the platform checks each request before it calls `resolve`. */
export function defineInstanceKind<const S extends TObject>(kind: {
  readonly kind: string;
  readonly request: S;
  resolve(request: Static<S>): Promise<ResolvedWorkload>;
}): InstanceKind {
  return kind as unknown as InstanceKind;
}
