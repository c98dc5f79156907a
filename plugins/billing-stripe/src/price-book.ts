/** Knows which plan each price is, also those of earlier settings, and whether Stripe agrees. */
import type { Logger } from '@zlh/kernel';
import type { Billing, Plan } from '@zlh/billing';
import type { Database } from '@zlh/database';
import type { StripeDoor } from './client.ts';
import { settingFaults, type SettingFault, type Settings } from './settings.ts';

interface PriceBookDeps {
  readonly config: Settings;
  readonly billing: Billing;
  readonly database: Database;
  readonly stripe: StripeDoor;
  readonly log: Logger;
}

export class PriceBook {
  readonly #deps: PriceBookDeps;
  #faults: readonly SettingFault[];

  constructor(deps: PriceBookDeps) {
    this.#deps = deps;
    this.#faults = settingFaults(deps.config, deps.billing.plans);
  }

  get faults(): readonly SettingFault[] {
    return this.#faults;
  }

  priceOf(plan: string): string | undefined {
    return Object.hasOwn(this.#deps.config.prices, plan)
      ? this.#deps.config.prices[plan]
      : undefined;
  }

  /** Without a fault that concerns it. */
  sells(plan: string): boolean {
    const hinders = ({ plan: of }: SettingFault) => of === null || of === plan;
    return this.priceOf(plan) !== undefined && !this.#faults.some(hinders);
  }

  /** Remembers the prices of the settings for ever: somebody may pay an earlier one for years. */
  async remember(): Promise<void> {
    const { config, database } = this.#deps;
    const em = database.fork();
    for (const [plan, price] of Object.entries(config.prices))
      await em.execute(
        `insert into billing_stripe_price (price_id, plan) values (?, ?)
         on conflict (price_id) do update set plan = excluded.plan`,
        [price, plan],
      );
  }

  /** Compares each price with its plan, and logs what is wrong. */
  async check(): Promise<void> {
    const { config, billing, log } = this.#deps;
    const found = settingFaults(config, billing.plans);
    for (const plan of billing.plans) {
      const message = await this.#priceFault(plan);
      if (message !== null) found.push({ plan: plan.id, message });
    }
    this.#faults = found;
    for (const { plan, message } of found)
      log.error({ plan, code: 'billing-stripe.misconfigured' }, `billing-stripe: ${message}`);
  }

  async #priceFault({ id, price: wanted }: Plan): Promise<string | null> {
    const price = this.priceOf(id);
    if (price === undefined) return null;
    const stripe = await this.#deps.stripe.client();
    try {
      const {
        active,
        unit_amount: amount,
        currency,
        recurring,
      } = await stripe.prices.retrieve(price);
      const same =
        amount === wanted.amount &&
        currency === wanted.currency &&
        recurring?.interval === wanted.interval;
      if (!active) return `The price of "${id}" is archived at Stripe.`;
      return same
        ? null
        : `The price of "${id}" is ${amount} ${currency} per ${recurring?.interval} at Stripe, and ${wanted.amount} ${wanted.currency} per ${wanted.interval} in the plan.`;
    } catch (error) {
      if ((error as { code?: string }).code !== 'resource_missing') throw error;
      return `Stripe knows no price "${price}" of "${id}".`;
    }
  }
}
