/** The form a key is made with. Scopes come from the platform, so that those of every plugin can be chosen. */
import '@awesome.me/webawesome/dist/components/button/button.js';
import '@awesome.me/webawesome/dist/components/checkbox/checkbox.js';
import '@awesome.me/webawesome/dist/components/option/option.js';
import '@awesome.me/webawesome/dist/components/select/select.js';
import '../problem/problem.ts';
import type WaCheckbox from '@awesome.me/webawesome/dist/components/checkbox/checkbox.js';
import type WaSelect from '@awesome.me/webawesome/dist/components/select/select.js';
import { html, nothing } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { field, fieldStyles, focusField } from '../base/field.ts';
import { Form } from '../base/form.ts';
import { ask, askMaybe } from '../api/client.ts';
import { asApiError } from '../api/problem.ts';
import type { ApiError } from '../api/problem.ts';
import type { Permission } from '../api/schema.ts';
import { newApiKeyStyles } from './api-keys.styles.ts';

type Scope = Pick<Permission, 'id' | 'description'>;

const EVERYTHING: Scope = { id: '*', description: 'Everything you may do' };
const DAY_MS = 24 * 60 * 60 * 1000;
const SPANS = [
  { days: '30', label: '30 days' },
  { days: '90', label: '90 days' },
  { days: '365', label: 'One year' },
  { days: '', label: 'No end' },
];

/**
 * @element zlh-new-api-key
 * @summary Form that makes an API key.
 * @event zlh-made - It was made; `detail` is the key, the only time it is given.
 * @event zlh-cancelled - The form was closed.
 */
export class ZlhNewApiKey extends ZlhElement {
  static override styles = [base, fieldStyles, newApiKeyStyles];
  static override properties = {
    permissions: { state: true },
    scopes: { state: true },
    days: { state: true },
    waiting: { state: true },
    error: { state: true },
  };

  declare private permissions: readonly Scope[];
  declare private scopes: ReadonlySet<string>;
  declare private days: string;
  declare private waiting: boolean;
  declare private error: ApiError | undefined;
  #form = new Form(
    this,
    { name: '' },
    { name: (value) => (value.trim() ? undefined : 'Say what the key is for.') },
  );

  constructor() {
    super();
    this.permissions = [EVERYTHING];
    this.scopes = new Set();
    this.days = '90';
    this.waiting = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#load();
  }

  protected override render(): unknown {
    return html`<form class="card" novalidate @submit=${this.#submit}>
      ${field(this.#form, 'name', { label: 'What it is for', placeholder: 'Status page', maxlength: 60, autofocus: true })}
      <wa-select
        label="Ends after"
        .value=${this.days}
        @change=${(event: Event) => (this.days = String((event.target as WaSelect).value ?? ''))}
      >
        ${SPANS.map(({ days, label }) => html`<wa-option value=${days}>${label}</wa-option>`)}
      </wa-select>
      <fieldset>
        <legend>Scopes</legend>
        ${this.permissions.map((permission) => this.#scope(permission))}
      </fieldset>
      <zlh-problem .error=${this.error}></zlh-problem>
      <div class="row">
        <wa-button
          variant="brand"
          appearance="accent"
          ?loading=${this.waiting}
          ?disabled=${this.scopes.size === 0}
          @click=${this.#submit}
          >Create key</wa-button
        >
        <wa-button appearance="plain" @click=${() => this.emit('zlh-cancelled')}>Cancel</wa-button>
        ${this.scopes.size === 0 ? html`<span class="small muted">Choose at least one scope.</span>` : nothing}
      </div>
    </form>`;
  }

  #scope({ id, description }: Scope): unknown {
    return html`<wa-checkbox
      .checked=${this.scopes.has(id)}
      @change=${(event: Event) => this.#choose(id, (event.target as WaCheckbox).checked)}
      >${description} <span class="code small muted">${id}</span></wa-checkbox
    >`;
  }

  #choose(id: string, chosen: boolean): void {
    const scopes = new Set(this.scopes);
    if (chosen) scopes.add(id);
    else scopes.delete(id);
    this.scopes = scopes;
  }

  async #load(): Promise<void> {
    try {
      const listed = await askMaybe(this.connection.client.GET('/api/permissions'));
      this.permissions = [EVERYTHING, ...(listed?.items ?? [])];
    } catch (error) {
      this.error = asApiError(error);
    }
  }

  async #submit(event: Event): Promise<void> {
    event.preventDefault();
    if (this.waiting) return;
    const fault = this.#form.firstFault();
    if (fault) return focusField(this.renderRoot, fault);
    this.waiting = true;
    this.error = undefined;
    try {
      const expiresAt = this.days
        ? new Date(Date.now() + Number(this.days) * DAY_MS).toISOString()
        : null;
      const body = { name: this.#form.values.name.trim(), scopes: [...this.scopes], expiresAt };
      this.emit(
        'zlh-made',
        (await ask(this.connection.client.POST('/api/api-keys', { body }))).secret,
      );
    } catch (thrown) {
      const error = asApiError(thrown);
      if (!this.#form.refuse(error)) this.error = error;
    } finally {
      this.waiting = false;
    }
  }
}

define('zlh-new-api-key', ZlhNewApiKey);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-new-api-key': ZlhNewApiKey;
  }
}
