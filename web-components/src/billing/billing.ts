/** The plan of whoever is signed in: what it includes and how much is used, other plans, and invoices. */
import '@awesome.me/webawesome/dist/components/button/button.js';
import '../confirm/confirm.ts';
import '../problem/problem.ts';
import { html, nothing } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { ask } from '../api/client.ts';
import { asApiError } from '../api/problem.ts';
import type { ApiError } from '../api/problem.ts';
import type { Billing, Invoice, Plan } from '../api/schema.ts';
import type { ZlhConfirm } from '../confirm/confirm.ts';
import { billingState, isLive, moneyText, nextText } from '../words/billing.ts';
import { count, memoryText } from '../words/quantities.ts';
import { day } from '../words/times.ts';
import { billingStyles } from './billing.styles.ts';
import { planList, type PlanAction } from './plan-list.ts';

/** A change that is asked about before it is made. */
interface Question {
  readonly heading: string;
  readonly action: string;
  readonly text: string;
}

/**
 * @element zlh-billing
 * @summary Billing page: plan, usage, plans on offer and invoices.
 */
export class ZlhBilling extends ZlhElement {
  static override styles = [base, billingStyles];
  static override properties = {
    billing: { state: true },
    plans: { state: true },
    invoices: { state: true },
    question: { state: true },
    waiting: { state: true },
    error: { state: true },
  };

  declare private billing: Billing | undefined;
  declare private plans: readonly Plan[];
  declare private invoices: readonly Invoice[];
  declare private question: Question | undefined;
  declare private waiting: boolean;
  declare private error: ApiError | undefined;
  #unwatch = (): void => {};

  constructor() {
    super();
    this.plans = [];
    this.invoices = [];
    this.waiting = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#unwatch = this.connection.live.on('billing.changed', () => void this.#load());
    void this.#load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unwatch();
  }

  async #load(): Promise<void> {
    const { client } = this.connection;
    try {
      const [billing, plans] = await Promise.all([
        ask(client.GET('/api/billing')),
        ask(client.GET('/api/billing/plans')),
      ]);
      this.plans = plans.items;
      this.billing = billing;
      this.error = undefined;
      const paid = billing.source !== null && billing.source !== 'manual';
      this.invoices = paid ? (await ask(client.GET('/api/billing/invoices'))).items : [];
    } catch (error) {
      this.error = asApiError(error);
    }
  }

  protected override render(): unknown {
    const { billing, plans, waiting } = this;
    return html`<h1>Billing</h1>
      <zlh-problem .error=${this.error}
        ><wa-button appearance="filled-outlined" @click=${() => this.#load()}
          >Try again</wa-button
        ></zlh-problem
      >
      ${
        billing === undefined
          ? this.#wait()
          : html`${this.#plan(billing)}
              <h2>Plans</h2>
              ${planList({ plans, billing, waiting, choose: (...chosen) => this.#choose(...chosen) })}
              ${this.#invoiceList()}`
      }
      <zlh-confirm heading=${this.question?.heading ?? ''} action=${this.question?.action ?? ''}
        ><p>${this.question?.text ?? ''}</p></zlh-confirm
      >`;
  }

  #wait(): unknown {
    if (this.error) return nothing;
    return html`<section class="card" aria-busy="true"><span class="skeleton"></span></section>`;
  }

  #plan(billing: Billing): unknown {
    const { word, tone } = billingState(billing);
    return html`<section class="card" aria-label="Your plan">
      <div class="row head">
        <div class="grow">
          <div class="plan">
            <h2>${billing.planName ?? 'No plan'}</h2>
            <span class="state ${tone}">${word}</span>
          </div>
          <p class="muted" role="status">${nextText(billing, (plan) => this.#nameOf(plan))}</p>
        </div>
        ${this.#actions(billing)}
      </div>
      ${this.#meters(billing)}
    </section>`;
  }

  /** One call to action, and beside it how the plan ends or goes on. */
  #actions(billing: Billing): unknown {
    if (billing.source === null || billing.source === 'manual') return nothing;
    const quiet = (text: string, act: () => Promise<void>): unknown =>
      html`<wa-button appearance="plain" ?disabled=${this.waiting} @click=${() => void act()}
        >${text}</wa-button
      >`;
    const { client } = this.connection;
    return html`${
        !isLive(billing)
          ? nothing
          : billing.cancelAtPeriodEnd
            ? quiet('Resume', () => this.#change(() => client.POST('/api/billing/resume')))
            : billing.scheduledPlan !== null
              ? quiet(`Keep ${billing.planName}`, () =>
                  this.#change(() => client.DELETE('/api/billing/downgrade')),
                )
              : quiet('Cancel', async () => this.#cancel(billing))
      }<wa-button
        variant="brand"
        appearance="accent"
        ?disabled=${this.waiting}
        @click=${() => void this.#leave(() => client.POST('/api/billing/portal'))}
        >Manage payment</wa-button
      >`;
  }

  #meters({ limits, usage }: Billing): unknown {
    if (limits === null) return nothing;
    const rows = [
      ['Servers', usage.instances, limits.instances, (amount: number) => String(amount)],
      ['Memory', usage.memoryMiB, limits.memoryMiB, memoryText],
      ['Disk', usage.diskMiB, limits.diskMiB, memoryText],
    ] as const;
    return html`<div class="meters">
      ${rows.map(([label, used, limit, text]) => {
        const words = used === null ? 'no limit set' : text(used);
        const of = limit === null ? '' : ` of ${text(limit)}`;
        const share = limit === null ? 0 : Math.min(1, (used ?? limit) / Math.max(1, limit));
        return html`<div class="meter ${limit !== null && share >= 1 ? 'full' : ''}">
          <p><span class="muted">${label}</span><b>${words}${of}</b></p>
          ${
            limit === null
              ? nothing
              : html`<div class="track" aria-hidden="true">
                  <div style="width:${(share * 100).toFixed(1)}%"></div>
                </div>`
          }
        </div>`;
      })}
    </div>`;
  }

  #invoiceList(): unknown {
    if (this.invoices.length === 0) return nothing;
    return html`<h2>Invoices</h2>
      <ul class="card invoices">
        ${this.invoices.map(
          ({ id, number, status, amount, currency, createdAt, url }) =>
            html`<li class="row">
              <span class="grow">${number ?? id}</span><span class="muted">${day(createdAt)}</span
              ><span>${moneyText(amount, currency)}</span><span class="muted">${status}</span>${
                url === null
                  ? nothing
                  : html`<a href=${url} target="_blank" rel="noopener"
                      >Show<span class="hidden-text"> ${number ?? id}</span></a
                    >`
              }
            </li>`,
        )}
      </ul>`;
  }

  #nameOf(plan: string): string {
    return this.plans.find(({ id }) => id === plan)?.name ?? plan;
  }

  #choose(plan: Plan, action: PlanAction): void {
    const { client } = this.connection;
    const body = { plan: plan.id };
    if (action === 'checkout')
      return void this.#leave(() => client.POST('/api/billing/checkout', { body }));
    const end = this.billing?.currentPeriodEnd;
    const text =
      action === 'upgrade'
        ? 'It is yours at once. The difference for the rest of this period is charged now.'
        : `${this.#overText(plan)}You keep what you have until ${end ? day(end) : 'the end of this period'}.`;
    const heading = `${action === 'upgrade' ? 'Upgrade' : 'Downgrade'} to ${plan.name}?`;
    void this.#confirm({ heading, action: heading.slice(0, -1), text }, () =>
      client.POST(`/api/billing/${action}`, { body }),
    );
  }

  #overText({ name, limits }: Plan): string {
    const used = this.billing?.usage.instances ?? 0;
    if (limits.instances === null || used <= limits.instances) return '';
    return `You have ${count(used, 'server')}, and ${name} includes ${limits.instances}: they stay, but you can create no more. `;
  }

  #cancel({ planName, currentPeriodEnd: end }: Billing): void {
    const text = `You keep it until ${end === null ? 'the end of this period' : day(end)}. Your servers stay.`;
    void this.#confirm({ heading: `Cancel ${planName}?`, action: 'Cancel plan', text }, () =>
      this.connection.client.POST('/api/billing/cancel'),
    );
  }

  async #confirm(question: Question, request: Change): Promise<void> {
    this.question = question;
    await this.updateComplete;
    this.renderRoot.querySelector<ZlhConfirm>('zlh-confirm')?.ask(async () => {
      this.billing = await ask(request());
    });
  }

  async #change(request: Change): Promise<void> {
    await this.#act(async () => {
      this.billing = await ask(request());
    });
  }

  /** To the pages of the payment provider. */
  async #leave(request: Leave): Promise<void> {
    await this.#act(async () => location.assign((await ask(request())).url));
  }

  async #act(act: () => Promise<void>): Promise<void> {
    this.waiting = true;
    this.error = undefined;
    try {
      await act();
    } catch (error) {
      this.error = asApiError(error);
    } finally {
      this.waiting = false;
    }
  }
}

type Change = () => Promise<{ data?: Billing; error?: unknown; response: Response }>;
type Leave = () => Promise<{ data?: { url: string }; error?: unknown; response: Response }>;

define('zlh-billing', ZlhBilling);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-billing': ZlhBilling;
  }
}
