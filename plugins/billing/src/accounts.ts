/** `Billing`: keeps who has which plan, as providers say, and the ledger. */
import type { Audit } from '@zlh/accounts';
import { newId, type EntityManager } from '@zlh/database';
import type { Events } from '@zlh/events';
import type { KeptAccount } from './entitlement.ts';
import type { Billing, Clock, LedgerEntry, SubscriptionSnapshot } from './index.ts';
import type { Plan, PlanLimits, Settings } from './plans.ts';
import { isLive, transition, type SubscriptionStatus } from './subscription.ts';

interface AccountsDeps {
  readonly config: Settings;
  readonly events: Events;
  readonly audit: Audit;
  readonly clock: Clock | undefined;
}

interface AccountRow {
  readonly plan: string | null;
  readonly limits: PlanLimits | null;
  readonly status: SubscriptionStatus;
  readonly source: string | null;
  readonly current_period_end: string | null;
  readonly cancel_at_period_end: boolean;
  readonly scheduled_plan: string | null;
  readonly scheduled_plan_effective_at: string | null;
  readonly last_invoice_paid_at: string | null;
  readonly billing_synced_at: string | null;
}

const time = (text: string | null) => (text === null ? null : new Date(text));

export class BillingAccounts implements Billing {
  readonly #deps: AccountsDeps;

  constructor(deps: AccountsDeps) {
    this.#deps = deps;
  }

  get plans(): readonly Plan[] {
    return this.#deps.config.plans;
  }

  plan(id: string | null): Plan | undefined {
    return this.plans.find((plan) => plan.id === id);
  }

  now(): Date {
    return this.#deps.clock?.now() ?? new Date();
  }

  async account(em: EntityManager, userId: string): Promise<KeptAccount> {
    const [row] = await em.execute<AccountRow[]>(
      'select * from billing_account where user_id = ?',
      [userId],
    );
    return {
      userId,
      plan: row?.plan ?? null,
      limits: row?.limits ?? null,
      status: row?.status ?? 'none',
      source: row?.source ?? null,
      currentPeriodEnd: time(row?.current_period_end ?? null),
      cancelAtPeriodEnd: row?.cancel_at_period_end ?? false,
      scheduledPlan: row?.scheduled_plan ?? null,
      scheduledPlanEffectiveAt: time(row?.scheduled_plan_effective_at ?? null),
      lastInvoicePaidAt: time(row?.last_invoice_paid_at ?? null),
      billingSyncedAt: time(row?.billing_synced_at ?? null),
    };
  }

  async hold(em: EntityManager, userId: string): Promise<KeptAccount> {
    await em.execute(
      `insert into billing_account (user_id, status, cancel_at_period_end) values (?, 'none', false)
       on conflict (user_id) do update set user_id = excluded.user_id`,
      [userId],
    );
    return this.account(em, userId);
  }

  async project(em: EntityManager, userId: string, snapshot: SubscriptionSnapshot): Promise<void> {
    const before = await this.hold(em, userId);
    const { status, change } = transition(before.status, snapshot.fact);
    const foreign = before.source !== null && before.source !== snapshot.source;
    if (foreign && isLive(before.status) && !this.#isOver(before) && !isLive(status)) return;
    const limits = this.plan(snapshot.plan)?.limits;
    await em.execute(
      `update billing_account set status = ?, source = ?, plan = ?,
         limits = coalesce(?::jsonb, case when plan = ? then limits end),
         current_period_end = ?, cancel_at_period_end = ?, scheduled_plan = ?,
         scheduled_plan_effective_at = ?, billing_synced_at = ? where user_id = ?`,
      [
        status,
        snapshot.source,
        snapshot.plan,
        limits === undefined ? null : JSON.stringify(limits),
        snapshot.plan,
        snapshot.currentPeriodEnd,
        snapshot.cancelAtPeriodEnd,
        snapshot.scheduledPlan,
        snapshot.scheduledPlanEffectiveAt,
        this.now(),
        userId,
      ],
    );
    if (differs(before, snapshot, status)) await this.#tell(em, userId, snapshot, status, change);
  }

  async record(em: EntityManager, entry: LedgerEntry): Promise<boolean> {
    const rows = await em.execute<unknown[]>(
      `insert into billing_ledger (id, natural_key, user_id, kind, plan, amount, currency, at, recorded_at)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (natural_key) do nothing returning id`,
      [
        newId(),
        entry.naturalKey,
        entry.userId,
        entry.kind,
        entry.plan,
        entry.amount,
        entry.currency,
        entry.at,
        this.now(),
      ],
    );
    if (rows.length === 0) return false;
    if (entry.kind === 'invoice-paid') {
      await this.hold(em, entry.userId);
      await em.execute(
        'update billing_account set last_invoice_paid_at = greatest(last_invoice_paid_at, ?) where user_id = ?',
        [entry.at, entry.userId],
      );
    }
    return true;
  }

  /** Removes the plan of a user who is deleted; the ledger stays. */
  async forget(em: EntityManager, userId: string): Promise<void> {
    await em.execute('delete from billing_account where user_id = ?', [userId]);
  }

  #isOver({ cancelAtPeriodEnd, currentPeriodEnd }: KeptAccount): boolean {
    return cancelAtPeriodEnd && currentPeriodEnd !== null && currentPeriodEnd <= this.now();
  }

  async #tell(
    em: EntityManager,
    userId: string,
    { source, plan }: SubscriptionSnapshot,
    status: SubscriptionStatus,
    change: string | null,
  ): Promise<void> {
    const data = { plan, status, change };
    await this.#deps.events.publish(em, { type: 'billing.changed', userId, data });
    if (change === null) return;
    await this.#deps.audit.record(em, {
      action: `billing.${change}`,
      actor: source,
      userId,
      data: { plan, status },
    });
  }
}

function differs(
  before: KeptAccount,
  after: SubscriptionSnapshot,
  status: SubscriptionStatus,
): boolean {
  const same = (a: Date | null, b: Date | null) => a?.getTime() === b?.getTime();
  return !(
    before.status === status &&
    before.plan === after.plan &&
    before.cancelAtPeriodEnd === after.cancelAtPeriodEnd &&
    before.scheduledPlan === after.scheduledPlan &&
    same(before.currentPeriodEnd, after.currentPeriodEnd) &&
    same(before.scheduledPlanEffectiveAt, after.scheduledPlanEffectiveAt)
  );
}
