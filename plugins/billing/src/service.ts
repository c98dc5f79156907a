/** Answers users: their plan, and changes to it through the provider that sells it. */
import type { Contribution } from '@zlh/kernel';
import type { Accounts } from '@zlh/accounts';
import type { Database } from '@zlh/database';
import { problems, type Identity } from '@zlh/http';
import type { Instances } from '@zlh/instances';
import type { BillingAccounts } from './accounts.ts';
import { entitlement, type KeptAccount } from './entitlement.ts';
import type { Customer, PaymentProvider } from './index.ts';
import { limitNames, monthly, type Plan, type PlanLimits, type Settings } from './plans.ts';
import { isLive } from './subscription.ts';
import type { BillingView, InvoiceView, LimitsView, PlanView } from './view.ts';

interface ServiceDeps {
  readonly config: Settings;
  readonly database: Database;
  readonly users: Accounts;
  readonly instances: Instances;
  readonly accounts: BillingAccounts;
  readonly providers: readonly Contribution<PaymentProvider>[];
}

const iso = (time: Date | null) => time?.toISOString() ?? null;

export class BillingService {
  readonly #deps: ServiceDeps;

  constructor(deps: ServiceDeps) {
    this.#deps = deps;
  }

  plans(): readonly PlanView[] {
    return this.#deps.config.plans.map((plan) => ({
      ...plan,
      limits: limitsView(plan.limits),
      forSale: this.#seller(plan.id) !== undefined,
    }));
  }

  async overview({ id }: Identity): Promise<BillingView> {
    const { config, database, instances, accounts } = this.#deps;
    const em = database.fork();
    const [account, usage] = await Promise.all([
      accounts.account(em, id),
      instances.usage(database.fork(), id),
    ]);
    const { status, plan, planId, limits } = entitlement(account, config, accounts.now());
    const paid = isLive(status);
    const followed = planId === account.scheduledPlan;
    return {
      plan: planId,
      planName: plan?.name ?? planId,
      subscriptionStatus: status,
      source: account.source,
      currentPeriodEnd: paid ? iso(account.currentPeriodEnd) : null,
      cancelAtPeriodEnd: paid && account.cancelAtPeriodEnd,
      scheduledPlan: paid && !followed ? account.scheduledPlan : null,
      scheduledPlanEffectiveAt: paid && !followed ? iso(account.scheduledPlanEffectiveAt) : null,
      lastInvoicePaidAt: iso(account.lastInvoicePaidAt),
      billingSyncedAt: iso(account.billingSyncedAt),
      limits: config.plans.length === 0 ? null : limitsView(limits ?? nothing),
      usage,
    };
  }

  async checkout(planId: string, identity: Identity): Promise<{ readonly url: string }> {
    const plan = this.#plan(planId);
    const account = await this.#account(identity.id);
    if (this.#isLive(account))
      throw problems.conflict(
        'billing.subscribed',
        `You have the plan "${account.plan}". ${account.source === 'manual' ? 'Ask the host to change it.' : 'Change it instead of buying a second one.'}`,
      );
    const seller = this.#seller(plan.id);
    if (seller === undefined) throw notForSale(plan);
    return seller.checkout(await this.#customer(identity), plan.id);
  }

  async portal(identity: Identity): Promise<{ readonly url: string }> {
    const account = await this.#account(identity.id);
    return this.#providerOf(account).portal(await this.#customer(identity));
  }

  async upgrade(planId: string, identity: Identity): Promise<BillingView> {
    return this.#change(planId, identity, 'now');
  }

  async downgrade(planId: string, identity: Identity): Promise<BillingView> {
    return this.#change(planId, identity, 'period-end');
  }

  async keepPlan(identity: Identity): Promise<BillingView> {
    return this.#ask(identity, (provider, customer) => provider.keepPlan(customer));
  }

  async cancel(identity: Identity): Promise<BillingView> {
    return this.#ask(identity, (provider, customer) => provider.cancel(customer));
  }

  async resume(identity: Identity): Promise<BillingView> {
    return this.#ask(identity, (provider, customer) => provider.resume(customer));
  }

  async invoices(identity: Identity): Promise<readonly InvoiceView[]> {
    const account = await this.#account(identity.id);
    const provider = this.#deps.providers.find(({ value }) => value.id === account.source)?.value;
    return (await provider?.invoices(await this.#customer(identity))) ?? [];
  }

  async #change(planId: string, identity: Identity, when: 'now' | 'period-end') {
    const wanted = this.#plan(planId);
    const account = await this.#account(identity.id);
    const provider = this.#paid(account);
    if (!provider.sells(wanted.id)) throw notForSale(wanted);
    const present = this.#deps.accounts.plan(account.plan);
    if (present !== undefined) checkDirection(present, wanted, when);
    return this.#ask(identity, () =>
      this.#customer(identity).then((customer) => provider.change(customer, wanted.id, when)),
    );
  }

  async #ask(
    identity: Identity,
    ask: (provider: PaymentProvider, customer: Customer) => Promise<void>,
  ): Promise<BillingView> {
    const provider = this.#paid(await this.#account(identity.id));
    await ask(provider, await this.#customer(identity));
    return this.overview(identity);
  }

  #account(userId: string): Promise<KeptAccount> {
    return this.#deps.accounts.account(this.#deps.database.fork(), userId);
  }

  #isLive(account: KeptAccount): boolean {
    const { config, accounts } = this.#deps;
    return isLive(entitlement(account, config, accounts.now()).status);
  }

  #paid(account: KeptAccount): PaymentProvider {
    if (!this.#isLive(account))
      throw problems.conflict(
        'billing.no-subscription',
        'You have no subscription that could be changed. Choose a plan first.',
      );
    return this.#providerOf(account);
  }

  #providerOf({ source }: KeptAccount): PaymentProvider {
    const provider = this.#deps.providers.find(({ value }) => value.id === source)?.value;
    if (provider === undefined)
      throw problems.conflict(
        'billing.not-paid-here',
        source === null
          ? 'You have paid for nothing yet. Choose a plan first.'
          : 'Nobody takes payments for your plan. Ask the host to change it.',
      );
    return provider;
  }

  #seller(planId: string): PaymentProvider | undefined {
    return this.#deps.providers.find(({ value }) => value.sells(planId))?.value;
  }

  #plan(id: string): Plan {
    const plan = this.#deps.accounts.plan(id);
    if (plan === undefined)
      throw problems.invalid([{ path: '/plan', message: 'is not among the plans' }]);
    return plan;
  }

  async #customer({ id }: Identity): Promise<Customer> {
    const user = await this.#deps.users.user(id);
    if (user === null) throw problems.unauthenticated();
    return { userId: id, email: user.email };
  }
}

const nothing: PlanLimits = { instances: 0, memoryMiB: 0, diskMiB: 0 };

function limitsView(limits: PlanLimits): LimitsView {
  const entries = limitNames.map((name) => [name, limits[name] ?? null]);
  return Object.fromEntries(entries) as LimitsView;
}

const notForSale = ({ name }: Plan) =>
  problems.conflict(
    'billing.not-for-sale',
    `The plan "${name}" cannot be bought here. Choose another, or ask the host for it.`,
  );

/** An upgrade costs more, a downgrade less, in the same currency. */
function checkDirection(present: Plan, wanted: Plan, when: 'now' | 'period-end'): void {
  if (present.price.currency !== wanted.price.currency)
    throw problems.conflict(
      'billing.other-currency',
      `The plan "${wanted.name}" is priced in another currency. Cancel "${present.name}" first.`,
    );
  const more = monthly(wanted.price) - monthly(present.price);
  if (when === 'now' ? more > 0 : more < 0) return;
  throw problems.conflict(
    when === 'now' ? 'billing.not-an-upgrade' : 'billing.not-a-downgrade',
    `The plan "${wanted.name}" does not cost ${when === 'now' ? 'more' : 'less'} than "${present.name}". Choose ${when === 'now' ? 'a downgrade' : 'an upgrade'} instead.`,
  );
}
