/**
 * The contract of `instances`: what an instance is, where containers come from (providers), and where
 * plugins take part in its life (admission, hooks).
 */
import { point, token } from '@zlh/kernel';
import type { EntityManager } from '@zlh/database';
import type { Identity } from '@zlh/http';
import type { LimitsSpec, ManagedFile } from '@zlh/agent';
import type { AgentJob, AgentTarget } from '@zlh/agents';
import type { ArtifactWanted } from '@zlh/artifacts';
import type { OperationView, PhaseContext } from '@zlh/operations';
import type { ResolvedWorkload } from './kinds.ts';
import type { HoldView, InstanceView, Role } from './view.ts';

export { minMemoryMiB } from './create-request.ts';
export {
  defineInstanceKind,
  InstanceKinds,
  type InstanceKind,
  type InstanceRequest,
  type ResolvedWorkload,
} from './kinds.ts';
export { HoldView, InstanceView, Role } from './view.ts';

/** What a provider is asked to make room for. */
export interface PlacementRequest {
  readonly instanceId: string;
  readonly vmid: number;
  readonly hostname: string;
  readonly memoryMiB: number;
  /** What its agent may give it besides memory; absent is no limit. */
  readonly limits: LimitsSpec;
  readonly ports: readonly { readonly name: string; readonly protocol: 'tcp' | 'udp' }[];
  /** What the agent in the container must present and accept. */
  readonly agentToken: string;
  /** Where the agent reaches the platform, see `Agents.address`. */
  readonly platformUrl: string;
  /**
   * To be awaited in each transaction in which the provider writes for this request; rejects when another process has taken
   * the operation over. Absent where no operation asks.
   */
  fence?(em: EntityManager): Promise<void>;
}

/** Where an instance is. JSON: the platform keeps it and hands it back. */
export interface Placement {
  /** See `AgentTarget.url`. */
  readonly agentUrl: string;
  /** Where players connect. */
  readonly address: { readonly host: string; readonly port: number };
  readonly ports: readonly {
    readonly name: string;
    readonly protocol: 'tcp' | 'udp';
    readonly host: string;
    readonly port: number;
  }[];
  /** Run the game as this user; null: as the agent's own. */
  readonly user: { readonly uid: number; readonly gid: number } | null;
  /** The provider's own notes. */
  readonly details: Readonly<Record<string, unknown>>;
}

/**
 * Creates and removes containers. Every method is idempotent and may be called again after a crash at any moment, by another
 * process of the platform; it must find what an earlier call did and go on from there.
 */
export interface Provider {
  /** `local`, `lxc`, `proxmox` */
  readonly id: string;
  /** Where its agents run, and so how they reach the platform; default: on the platform's own machine. */
  readonly agentsOn?: 'machine' | 'network';
  /** Makes the container; the agent need not answer yet. */
  create(request: PlacementRequest, signal: AbortSignal): Promise<Placement>;
  /** Makes sure that the container and its agent run, without touching the game. */
  ensureRunning(
    request: PlacementRequest,
    placement: Placement,
    signal: AbortSignal,
  ): Promise<Placement>;
  /**
   * Gives the instance other ports for those that somebody else uses by now. Asked for only while nothing of it listens;
   * a provider whose containers have addresses of their own needs none of it.
   */
  renumber?(request: PlacementRequest, signal: AbortSignal): Promise<Placement>;
  /** Ends and removes everything of the instance, running or not, whole or half made. */
  remove(instanceId: string, signal: AbortSignal): Promise<void>;
  /** The capacity of its machines. A provider that does not know leaves it out, and nothing is refused. */
  capacity?(em: EntityManager): Promise<ProviderCapacity>;
  /** One sentence that administrators must keep reading, such as a missing isolation. */
  warning?(): string | null;
  /** Ids of all instances it holds something of, for finding orphans. */
  list(): Promise<readonly string[]>;
}
export interface ProviderCapacity {
  /** For all instances together, without what the host keeps for itself, over-commitment included. */
  readonly memoryMiB: number;
  /** The same for their limits of disk. */
  readonly diskMiB: number;
  /** Free on the disk at this moment, beyond what the host keeps for itself; may be negative. */
  readonly freeDiskMiB: number;
  readonly ports: { readonly total: number; readonly given: number };
  /** Instances of the provider that lie on machines of others, and take nothing from this. */
  readonly elsewhere: readonly string[];
}
export const Providers = point<Provider>('instances.providers');

/** A limit: refuses or reserves before anything is made, inside the transaction that creates the instance. */
export interface AdmissionRule {
  readonly name: string;
  /** Throws a Problem (403 or 409) that says which limit is reached and what would lift it. */
  admit(
    em: EntityManager,
    wanted: {
      readonly ownerId: string;
      readonly provider: string;
      readonly memoryMiB: number;
      /** Null: no limit. */
      readonly diskMiB: number | null;
      /** How many of the host's own. */
      readonly ports: number;
      readonly kind: string;
      readonly identity: Identity;
    },
  ): Promise<void>;
}
export const Admission = point<AdmissionRule>('instances.admission');

/** Called in the transaction that ends the operation. */
export interface InstanceHooks {
  created?(em: EntityManager, instanceId: string): Promise<void>;
  deleted?(em: EntityManager, instanceId: string): Promise<void>;
}
export const Hooks = point<InstanceHooks>('instances.hooks');

/** What a plugin adds to the spec of an instance, besides what its game consists of. */
export interface SpecPart {
  /** Names must be unlike those of everybody else: `mod-<id>`. */
  readonly artifacts: readonly ArtifactWanted[];
  /** Copies of these artifacts in the data folder. */
  readonly managedFiles: readonly ManagedFile[];
}

/**
 * Asked each time a spec is composed. Whoever changes its part says so with `Instances.revise` in the same transaction,
 * and has it installed with `Instances.configure`.
 */
export interface SpecContributor {
  part(em: EntityManager, instanceId: string): Promise<SpecPart>;
}
export const SpecParts = point<SpecContributor>('instances.spec-parts');

/** What other plugins may know of an instance. */
export interface InstanceFacts {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly game: string;
  readonly variant: string;
  readonly version: string;
  readonly ownerId: string;
  /** What the caller is to it. */
  readonly role: Role;
}

/** What the instances of one user reserve together. */
export interface InstanceUsage {
  readonly instances: number;
  readonly memoryMiB: number;
  /** Null: one of them has no limit. */
  readonly diskMiB: number | null;
}

export interface Instances {
  /** 404 when it does not exist or the caller may not see it. */
  get(id: string, identity: Identity): Promise<InstanceView>;
  /**
   * Whether the caller may do what the permission names, on this instance: its owner and administrators may do all, others
   * what their grant includes. 404 when they may not even see it, 403 when their role does not go that far.
   */
  admit(
    em: EntityManager,
    id: string,
    identity: Identity,
    permission: string,
  ): Promise<InstanceFacts>;
  /** Starts, stops or restarts it in the caller's transaction, as the routes do. 409 while another operation is in the way. */
  begin(
    em: EntityManager,
    id: string,
    action: 'start' | 'stop' | 'restart',
    identity: Identity,
  ): Promise<OperationView>;
  /**
   * Refuses every start from now on, with the hold's code and detail, and stops the instance where it runs. A
   * source has one hold per instance; its newest counts. 409 while another operation cannot give way.
   */
  hold(em: EntityManager, id: string, hold: HoldView, requestedBy: string): Promise<void>;
  /** Takes the hold of a source back; the instance stays stopped. */
  release(em: EntityManager, id: string, source: string, requestedBy: string): Promise<void>;
  /** Where its agent answers, for callers who may do that; 503 `instances.not-placed` while there is none. */
  agentTarget(id: string, identity: Identity, permission: string): Promise<AgentTarget>;
  /** Whatever the caller is to it, for work that nobody waits for; null when it does not exist. */
  findSummary(em: EntityManager, id: string): Promise<Omit<InstanceFacts, 'role'> | null>;
  /** Everything it consists of and is run by, as kept since its creation or its last rebuild. */
  workload(id: string): Promise<ResolvedWorkload>;
  usage(em: EntityManager, ownerId: string): Promise<InstanceUsage>;
  /** `target` for work that nobody waits for; null while there is none. */
  findAgentTarget(em: EntityManager, id: string): Promise<AgentTarget | null>;
  /** The agent of the operation's instance, for `Agents.run`: its address, and how a dead agent is brought up again. */
  agentOf<Input>(context: PhaseContext<Input>): Required<Pick<AgentJob, 'target' | 'revive'>>;
  /** Its spec is another one from now on. 404 when it has been removed meanwhile. */
  revise(em: EntityManager, id: string): Promise<void>;
  /**
   * Brings in what the spec, as it is to be now, consists of, and has the agent install it, through to the end. A server
   * that runs goes on running. `name` as of an `AgentJob`.
   */
  configure<Input>(context: PhaseContext<Input>, name: string): Promise<void>;
  /** Tells the agent to stop the work of `configure`; for `undo`. */
  cancelConfigure<Input>(context: PhaseContext<Input>, name: string): Promise<void>;
}
export const Instances = token<Instances>('instances');

/** Where the players of an instance go, and whether they may go there now. */
export interface Endpoint {
  readonly id: string;
  readonly kind: InstanceView['kind'];
  readonly name: string;
  /** `mc-paper-5001` */
  readonly hostname: string;
  readonly ownerId: string;
  readonly observed: InstanceView['observed'];
  /** The last probe succeeded. Nobody is sent to an instance that is not ready. */
  readonly ready: boolean;
  /** Players type this; null while it has none. */
  readonly address: InstanceView['address'];
  /** Where the game listens, as its provider knows it. */
  readonly ports: Placement['ports'];
}

/** For plugins that lead players to instances, whoever owns those: edges, proxies, DNS. */
export interface InstanceDirectory {
  /** Every instance, oldest first. Each change of it is an event `instances.changed`. */
  list(em?: EntityManager): Promise<readonly Endpoint[]>;
}
export const InstanceDirectory = token<InstanceDirectory>('instances.directory');
