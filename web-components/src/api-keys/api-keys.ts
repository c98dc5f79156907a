/** Keys for programs: made with scopes and an end, shown once, revoked at once. */
import '@awesome.me/webawesome/dist/components/button/button.js';
import '../confirm/confirm.ts';
import '../copy/copy.ts';
import '../problem/problem.ts';
import '../time/time.ts';
import './new-api-key.ts';
import { html, nothing } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { sectionStyles } from '../base/section.styles.ts';
import { ask } from '../api/client.ts';
import { asApiError } from '../api/problem.ts';
import type { ApiError } from '../api/problem.ts';
import type { ApiKey } from '../api/schema.ts';
import type { ZlhConfirm } from '../confirm/confirm.ts';
import { day } from '../words/times.ts';
import { apiKeysStyles } from './api-keys.styles.ts';

/**
 * @element zlh-api-keys
 * @summary The API keys of whoever is signed in.
 */
export class ZlhApiKeys extends ZlhElement {
  static override styles = [base, sectionStyles, apiKeysStyles];
  static override properties = {
    keys: { state: true },
    made: { state: true },
    making: { state: true },
    revoking: { state: true },
    error: { state: true },
  };

  declare private keys: readonly ApiKey[] | undefined;
  /** The secret of the key just made, until it is put away. */
  declare private made: string;
  declare private making: boolean;
  declare private revoking: ApiKey | undefined;
  declare private error: ApiError | undefined;

  constructor() {
    super();
    this.made = '';
    this.making = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.load();
  }

  protected override render(): unknown {
    return html`<header class="row">
        <div class="grow">
          <h2>API keys</h2>
          <p class="muted">For scripts and bots. A key can do what its scopes say, as you.</p>
        </div>
        ${
          this.making
            ? nothing
            : html`<wa-button appearance="filled-outlined" @click=${() => (this.making = true)}
                >Create key</wa-button
              >`
        }
      </header>
      ${this.made ? this.#secret() : nothing}
      ${
        this.making
          ? html`<zlh-new-api-key
              server=${this.server}
              token=${this.token}
              @zlh-made=${(event: CustomEvent<string>) => this.#done(event.detail)}
              @zlh-cancelled=${() => (this.making = false)}
            ></zlh-new-api-key>`
          : nothing
      }
      <zlh-problem .error=${this.error}></zlh-problem>
      ${this.#list()}
      <zlh-confirm
        heading="Revoke ${this.revoking?.name ?? 'key'}?"
        action="Revoke key"
        .lost=${['Whatever uses it stops working at once']}
      ></zlh-confirm>`;
  }

  #secret(): unknown {
    return html`<section class="card secret" role="status">
      <p><b>Copy the key now.</b> It is not shown again.</p>
      <p class="row">
        <code class="code grow">${this.made}</code>
        <zlh-copy value=${this.made} what="key"></zlh-copy>
      </p>
      <wa-button appearance="filled-outlined" @click=${() => (this.made = '')}>I have it</wa-button>
    </section>`;
  }

  #list(): unknown {
    if (!this.keys)
      return this.error
        ? nothing
        : html`<div class="card wait" aria-busy="true"><span class="skeleton"></span></div>`;
    if (this.keys.length === 0) return html`<p class="card wait muted">No keys yet.</p>`;
    return html`<ul class="card">
      ${this.keys.map((key) => this.#row(key))}
    </ul>`;
  }

  #row(key: ApiKey): unknown {
    return html`<li class="row">
      <div class="grow">
        <p><b>${key.name}</b></p>
        <p class="small muted"><span class="code">${key.prefix}…</span> ${key.scopes.join(', ')}</p>
        <p class="small muted">
          created <zlh-time at=${key.createdAt}></zlh-time> ·
          ${key.expiresAt ? `ends ${day(key.expiresAt)}` : 'no end'} ·
          ${key.lastUsedAt ? html`used <zlh-time at=${key.lastUsedAt}></zlh-time>` : 'never used'}
        </p>
      </div>
      <wa-button appearance="plain" variant="danger" @click=${() => this.#revoke(key)}
        >Revoke<span class="hidden-text"> ${key.name}</span></wa-button
      >
    </li>`;
  }

  /** Reads them again. */
  async load(): Promise<void> {
    try {
      this.keys = (await ask(this.connection.client.GET('/api/api-keys'))).items;
      this.error = undefined;
    } catch (error) {
      this.error = asApiError(error);
    }
  }

  async #done(key: string): Promise<void> {
    this.making = false;
    this.made = key;
    await this.load();
  }

  #revoke(key: ApiKey): void {
    this.revoking = key;
    this.renderRoot.querySelector<ZlhConfirm>('zlh-confirm')?.ask(async () => {
      await ask(
        this.connection.client.DELETE('/api/api-keys/{id}', { params: { path: { id: key.id } } }),
      );
      await this.load();
    });
  }
}

define('zlh-api-keys', ZlhApiKeys);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-api-keys': ZlhApiKeys;
  }
}
