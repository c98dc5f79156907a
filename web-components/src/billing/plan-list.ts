/** The plans on offer: price, limits, and the one thing that can be done with each. */
import '@awesome.me/webawesome/dist/components/button/button.js';
import { html, nothing } from 'lit';
import type { Billing, Plan } from '../api/schema.ts';
import { isLive, limitTexts, monthly, priceText } from '../words/billing.ts';

export type PlanAction = 'checkout' | 'upgrade' | 'downgrade';

export interface PlanListDeps {
  readonly plans: readonly Plan[];
  readonly billing: Billing;
  /** The action that is under way: no other begins. */
  readonly waiting: boolean;
  choose(plan: Plan, action: PlanAction): void;
}

export function planList(deps: PlanListDeps): unknown {
  return html`<ul class="plans">
    ${deps.plans.map((plan) => card(plan, deps))}
  </ul>`;
}

function card(plan: Plan, deps: PlanListDeps): unknown {
  const mine = plan.id === deps.billing.plan;
  return html`<li class="card ${mine ? 'mine' : ''}">
    <div>
      <h3>${plan.name}</h3>
      <p class="price">${priceText(plan.price)}</p>
      <ul class="muted">
        ${limitTexts(plan.limits).map((line) => html`<li>${line}</li>`)}
      </ul>
    </div>
    ${mine ? html`<p class="muted">Your plan</p>` : button(plan, deps)}
  </li>`;
}

/** The action by which this user comes to the plan; undefined: only the host can give it. */
export function actionFor(
  plan: Plan,
  billing: Billing,
  plans: readonly Plan[],
): PlanAction | undefined {
  if (!plan.forSale || plan.id === billing.scheduledPlan) return undefined;
  if (!isLive(billing)) return 'checkout';
  const present = plans.find(({ id }) => id === billing.plan);
  if (billing.source === 'manual' || present === undefined) return undefined;
  if (present.price.currency !== plan.price.currency) return undefined;
  const more = monthly(plan.price) - monthly(present.price);
  if (more === 0) return undefined;
  return more > 0 ? 'upgrade' : 'downgrade';
}

const words = { checkout: 'Choose', upgrade: 'Upgrade to', downgrade: 'Downgrade to' } as const;

function button(plan: Plan, { plans, billing, waiting, choose }: PlanListDeps): unknown {
  const action = actionFor(plan, billing, plans);
  if (action === undefined) return nothing;
  return html`<wa-button
    variant=${action === 'downgrade' ? 'neutral' : 'brand'}
    appearance=${action === 'downgrade' ? 'filled-outlined' : 'accent'}
    ?disabled=${waiting}
    @click=${() => choose(plan, action)}
    >${words[action]} ${plan.name}</wa-button
  >`;
}
