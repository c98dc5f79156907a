/** Plans that administrators grant: until they take them back, or to a day. */
import type { Accounts, Audit } from '@zlh/accounts';
import { isLive, type Billing, type BillingAccount, type Clock } from '@zlh/billing';
import { newId, type Database } from '@zlh/database';
import { problems, type Identity } from '@zlh/http';
import { sourceId } from './index.ts';

interface GrantsDeps {
  readonly database: Database;
  readonly billing: Billing;
  readonly users: Accounts;
  readonly audit: Audit;
  readonly clock: Clock | undefined;
}

export interface GrantWanted {
  /** Null takes the plan back. */
  readonly plan: string | null;
  readonly until?: string | null | undefined;
}

export class PlanGrants {
  readonly #deps: GrantsDeps;

  constructor(deps: GrantsDeps) {
    this.#deps = deps;
  }

  async account(userId: string): Promise<BillingAccount> {
    await this.#mustExist(userId);
    return this.#deps.billing.account(this.#deps.database.fork(), userId);
  }

  async grant(userId: string, wanted: GrantWanted, identity: Identity): Promise<BillingAccount> {
    const { database, billing, users, audit } = this.#deps;
    await this.#mustExist(userId);
    const now = this.#deps.clock?.now() ?? new Date();
    const until = wanted.until ? new Date(wanted.until) : null;
    if (wanted.plan !== null && billing.plan(wanted.plan) === undefined)
      throw problems.invalid([{ path: '/plan', message: 'is not among the plans' }]);
    if (until !== null && until <= now)
      throw problems.invalid([{ path: '/until', message: 'must be in the future' }]);
    return database.transaction(async (em) => {
      if (!(await users.hold(em, userId))) throw problems.notFound('user');
      const { source, status } = await billing.hold(em, userId);
      if (source !== null && source !== sourceId && isLive(status))
        throw problems.conflict(
          'billing-manual.pays',
          `This user pays for a plan through "${source}". Have it cancelled there first.`,
        );
      const data = { plan: wanted.plan, until: until?.toISOString() ?? null };
      await billing.project(em, userId, {
        source: sourceId,
        fact: wanted.plan === null ? 'ended' : 'paid',
        plan: wanted.plan,
        currentPeriodEnd: until,
        cancelAtPeriodEnd: until !== null,
        scheduledPlan: null,
        scheduledPlanEffectiveAt: null,
      });
      await billing.record(em, {
        naturalKey: `${sourceId}:${newId()}`,
        userId,
        kind: wanted.plan === null ? 'revoked' : 'granted',
        plan: wanted.plan,
        amount: null,
        currency: null,
        at: now,
      });
      await audit.record(em, {
        action: 'billing-manual.grant',
        actor: identity.label,
        userId: identity.id,
        data: { ...data, toUserId: userId },
      });
      return billing.account(em, userId);
    });
  }

  async #mustExist(userId: string): Promise<void> {
    if ((await this.#deps.users.user(userId)) === null) throw problems.notFound('user');
  }
}
