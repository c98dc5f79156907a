/**
 * The permission of callers whose requests last: sockets, event streams, uploads and downloads.
 *
 * Guarantees: a revocation has its caller asked about again at once, in every process. All callers are asked
 * about now and then besides.
 */
import type { FastifyRequest } from 'fastify';
import type { Gate } from './gate.ts';
import type { Access, Revocation, Revocations } from './index.ts';
import { Problem, problems } from './problem.ts';
import type { Settings } from './settings.ts';

export interface Holder {
  readonly request: FastifyRequest;
  readonly access: Access;
  /** It began as an administrator's, who may have been shown more than others may see. */
  readonly administrator: boolean;
  /** The route's own check, see `RouteDefinition.recheck`. */
  readonly recheck?: (() => unknown) | undefined;
  /** Called once, when the caller may not go on. */
  refused(why: Problem): void;
}

/** Callers that are looked up at the same time: a thousand viewers are no burst on the database. */
const maxAtOnce = 8;
/** A caller may be admitted just before the notice and join just after it. */
const rememberedMs = 60_000;
const maxRemembered = 10_000;
/** While the database is away nobody can tell. */
const askAgainMs = 1000;

export class Permits {
  readonly #holders = new Set<Holder>();
  readonly #config: Settings;
  readonly #gate: Gate;
  readonly #unsubscribe: (() => void) | undefined;
  /** The times of late revocations, by id; the longest ago first. */
  readonly #revokedAt = new Map<string, number>();
  #missedAt = -Infinity;
  readonly #undecided = new Set<Holder>();
  #askingAgain: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sweeping = false;

  constructor(deps: { config: Settings; gate: Gate; revocations?: Revocations | undefined }) {
    this.#config = deps.config;
    this.#gate = deps.gate;
    this.#unsubscribe = deps.revocations?.subscribe((revocation) => this.#revoked(revocation));
  }

  /** Answers how to let go of it. */
  add(holder: Holder): () => void {
    this.#holders.add(holder);
    this.#timer ??= setInterval(
      () => void this.#sweep(),
      this.#config.recheckSeconds * 1000,
    ).unref();
    if (this.#changedLately(holder)) void this.#ask([holder]);
    return () => this.#holders.delete(holder);
  }

  /** Asks now. Throws the refusal, and also when nobody can tell. */
  async confirm(holder: Holder): Promise<void> {
    const refusal = await this.#refusalOf(holder);
    if (refusal !== undefined) throw refusal;
  }

  close(): void {
    this.#unsubscribe?.();
    clearInterval(this.#timer);
    clearTimeout(this.#askingAgain);
  }

  #revoked({ id }: Revocation): void {
    if (id === null) this.#missedAt = performance.now();
    else {
      this.#revokedAt.delete(id);
      this.#revokedAt.set(id, performance.now());
      if (this.#revokedAt.size > maxRemembered)
        this.#revokedAt.delete(this.#revokedAt.keys().next().value!);
    }
    void this.#ask(
      [...this.#holders].filter((holder) => id === null || subjectsOf(holder.request).includes(id)),
    );
  }

  #changedLately({ request }: Holder): boolean {
    const since = performance.now() - rememberedMs;
    return (
      this.#missedAt > since ||
      subjectsOf(request).some((id) => (this.#revokedAt.get(id as string) ?? -Infinity) > since)
    );
  }

  async #sweep(): Promise<void> {
    if (this.#sweeping) return;
    this.#sweeping = true;
    await this.#ask([...this.#holders]);
    this.#sweeping = false;
  }

  /** Never rejects. */
  async #ask(holders: readonly Holder[]): Promise<void> {
    const waiting = holders.values();
    const work = async () => {
      for (const holder of waiting) await this.#askOne(holder);
    };
    await Promise.all(Array.from({ length: Math.min(maxAtOnce, holders.length) }, work));
  }

  async #askOne(holder: Holder): Promise<void> {
    if (!this.#holders.has(holder)) return;
    try {
      const refusal = await this.#refusalOf(holder);
      if (refusal !== undefined && this.#holders.delete(holder)) holder.refused(refusal);
    } catch {
      // Only a clear no ends it: a database that is away for a moment must not close every console.
      this.#undecided.add(holder);
      this.#askingAgain ??= setTimeout(() => this.#askUndecided(), askAgainMs).unref();
    }
  }

  #askUndecided(): void {
    this.#askingAgain = undefined;
    const holders = [...this.#undecided];
    this.#undecided.clear();
    void this.#ask(holders);
  }

  async #refusalOf(holder: Holder): Promise<Problem | undefined> {
    const { request, access, administrator, recheck } = holder;
    const refusal = await this.#gate.refusalOf(request, access);
    if (refusal !== undefined) return refusal;
    // Where no route tells what its caller may see, a lost role is a no: whoever comes back is shown what
    // is theirs.
    if (recheck === undefined)
      return administrator && request.identity?.administrator !== true
        ? problems.forbidden('You may not see this any more.')
        : undefined;
    try {
      await recheck();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if ([401, 403, 404].includes(error.status)) return error;
    }
    return undefined;
  }
}

/** The caller, and everything that the address names. */
function subjectsOf({ identity, params }: FastifyRequest): readonly unknown[] {
  return [identity?.id, ...Object.values(params as Record<string, unknown>)];
}
