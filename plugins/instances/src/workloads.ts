/**
 * The workload of each instance: resolved by the creation, kept beside the instance, resolved anew by a
 * rebuild. An instance of an earlier release has its request alone, until its workload is first read.
 */
import type { Contribution } from '@zlh/kernel';
import { CodedError } from '@zlh/kernel';
import type { Database, EntityManager } from '@zlh/database';
import { problems } from '@zlh/http';
import type { InstanceKind, InstanceRequest, ResolvedWorkload } from './kinds.ts';
import { Workload } from './schema.ts';

export interface WorkloadsDeps {
  readonly database: Database;
  readonly kinds: readonly Contribution<InstanceKind>[];
}

/** Runs the write in the caller's transaction. */
export type InTransaction = (work: (em: EntityManager) => Promise<void>) => Promise<unknown>;

export class Workloads {
  readonly #deps: WorkloadsDeps;

  constructor(deps: WorkloadsDeps) {
    this.#deps = deps;
  }

  /** @throws Problem 422 when a member of the request is not on offer */
  resolve(request: InstanceRequest): Promise<ResolvedWorkload> {
    const found = this.#kind(request.kind);
    if (found === undefined)
      throw problems.invalid([{ path: '/kind', message: 'is not installed here' }]);
    return found.resolve(request);
  }

  /** Keeps both for an instance that is being created. */
  async keep(
    em: EntityManager,
    instanceId: string,
    request: InstanceRequest,
    resolved: ResolvedWorkload,
  ): Promise<void> {
    em.create(Workload, { instanceId, request, resolved });
    await em.flush();
  }

  /** @throws CodedError instances.kind-missing while the plugin of its kind is not installed */
  async of(instanceId: string): Promise<ResolvedWorkload> {
    const { database } = this.#deps;
    const { resolved } = await database.fork().findOneOrFail(Workload, { instanceId });
    if (resolved !== null && resolved !== undefined) return resolved;
    return this.renew(instanceId, (work) => database.transaction(work));
  }

  /** Resolves the request again, by what is on offer now. */
  async renew(instanceId: string, transaction: InTransaction): Promise<ResolvedWorkload> {
    const { request } = await this.#deps.database.fork().findOneOrFail(Workload, { instanceId });
    const found = this.#kind(request.kind);
    if (found === undefined) throw kindMissing(request.kind);
    const resolved = await found.resolve(request);
    await transaction(async (em) => {
      await em.nativeUpdate(Workload, { instanceId }, { resolved });
    });
    return resolved;
  }

  #kind(kind: string): InstanceKind | undefined {
    return this.#deps.kinds.find(({ value }) => value.kind === kind)?.value;
  }
}

const kindMissing = (kind: string) =>
  new CodedError(
    'instances.kind-missing',
    `The kind "${kind}" of this instance is not installed.`,
    'Enable its plugin in config/platform.ts and retry.',
  );
