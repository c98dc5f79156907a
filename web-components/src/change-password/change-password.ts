/** Changing one's password: asks for the current one, so that a borrowed browser is not enough. */
import '@awesome.me/webawesome/dist/components/button/button.js';
import '@awesome.me/webawesome/dist/components/checkbox/checkbox.js';
import '../problem/problem.ts';
import type WaCheckbox from '@awesome.me/webawesome/dist/components/checkbox/checkbox.js';
import { html, nothing } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { field, fieldStyles, focusField } from '../base/field.ts';
import { Form } from '../base/form.ts';
import { sectionStyles } from '../base/section.styles.ts';
import { ask } from '../api/client.ts';
import { asApiError } from '../api/problem.ts';
import type { ApiError } from '../api/problem.ts';
import type { PasswordChanged } from '../api/schema.ts';
import { icon } from '../theme/icons.ts';
import { newPasswordFault, passwordHint } from '../words/passwords.ts';
import { changePasswordStyles } from './change-password.styles.ts';

const EMPTY = { current: '', password: '' };

/**
 * @element zlh-change-password
 * @summary Form that changes the password of whoever is signed in. Needs a session: keys may not.
 * @event zlh-password-changed - It was changed; every other session has ended.
 */
export class ZlhChangePassword extends ZlhElement {
  static override styles = [base, sectionStyles, fieldStyles, changePasswordStyles];
  static override properties = {
    state: { state: true },
    revokeApiKeys: { state: true },
    keys: { state: true },
    waiting: { state: true },
    error: { state: true },
  };

  declare private state: 'closed' | 'open' | 'done';
  declare private revokeApiKeys: boolean;
  /** API keys after the change, by what became of them. */
  declare private keys: PasswordChanged['apiKeys'] | undefined;
  declare private waiting: boolean;
  declare private error: ApiError | undefined;
  #form = new Form(this, EMPTY, {
    current: (value) => (value === '' ? 'Give the password you have now.' : undefined),
    password: (value, { current }) =>
      value !== '' && value === current
        ? 'This is the password you have now.'
        : newPasswordFault(value),
  });

  constructor() {
    super();
    this.state = 'closed';
    this.revokeApiKeys = false;
    this.waiting = false;
  }

  protected override render(): unknown {
    return html`<header class="row">
        <div class="grow">
          <h2>Password</h2>
          <p class="muted">Changing it signs out every other session. API keys go on.</p>
        </div>
        ${
          this.state === 'open'
            ? nothing
            : html`<wa-button appearance="filled-outlined" @click=${() => this.#turn('open')}
                >Change password</wa-button
              >`
        }
      </header>
      <div role="status" class=${this.state}>${this.state === 'done' ? this.#done() : nothing}</div>
      ${this.state === 'open' ? this.#fields() : nothing}`;
  }

  #done(): unknown {
    return html`<p class="card row done">
      ${icon('check')} The password is changed. Every other session has ended. ${this.#keysDone()}
    </p>`;
  }

  #keysDone(): string {
    const { kept, revoked } = this.keys ?? { kept: 0, revoked: 0 };
    const number = (count: number) => (count === 1 ? '1 API key' : `${count} API keys`);
    if (revoked > 0) return `${number(revoked)} revoked.`;
    return kept > 0 ? `${number(kept)} still ${kept === 1 ? 'works' : 'work'}: see below.` : '';
  }

  #fields(): unknown {
    return html`<form class="card" novalidate @submit=${this.#submit} @keydown=${this.#key}>
      ${field(this.#form, 'current', { label: 'Current password', type: 'password', autocomplete: 'current-password', autofocus: true })}
      ${field(this.#form, 'password', { label: 'New password', type: 'password', autocomplete: 'new-password', hint: passwordHint })}
      <wa-checkbox
        .checked=${this.revokeApiKeys}
        hint="Do this when somebody else may know your password."
        @change=${(event: Event) => (this.revokeApiKeys = (event.target as WaCheckbox).checked)}
        >Revoke all API keys as well</wa-checkbox
      >
      <zlh-problem .error=${this.error}></zlh-problem>
      <div class="row">
        <wa-button
          variant="brand"
          appearance="accent"
          ?loading=${this.waiting}
          @click=${this.#submit}
          >Change password</wa-button
        >
        <wa-button appearance="plain" @click=${() => this.#turn('closed')}>Cancel</wa-button>
      </div>
    </form>`;
  }

  #key(event: KeyboardEvent): void {
    if (event.key === 'Escape') void this.#turn('closed');
    if (event.key === 'Enter' && (event.target as HTMLElement).localName === 'wa-input')
      void this.#submit(event);
  }

  /** Nothing typed is kept behind a closed form; the focus goes where one is led next. */
  async #turn(state: typeof this.state): Promise<void> {
    if (this.waiting) return;
    this.#form.values = EMPTY;
    this.revokeApiKeys = false;
    this.#form.faults = {};
    this.error = undefined;
    this.state = state;
    await this.updateComplete;
    if (state === 'open') return focusField(this.renderRoot, 'current');
    this.renderRoot.querySelector<HTMLElement>('header wa-button')?.focus();
  }

  async #submit(event: Event): Promise<void> {
    event.preventDefault();
    if (this.waiting) return;
    const fault = this.#form.firstFault();
    if (fault) return focusField(this.renderRoot, fault);
    this.waiting = true;
    this.error = undefined;
    try {
      const body = { ...this.#form.values, revokeApiKeys: this.revokeApiKeys };
      this.keys = (await ask(this.connection.client.POST('/api/auth/password', { body }))).apiKeys;
      this.waiting = false;
      await this.#turn('done');
      this.emit('zlh-password-changed');
    } catch (thrown) {
      this.#refused(asApiError(thrown));
    } finally {
      this.waiting = false;
    }
  }

  #refused(error: ApiError): void {
    if (!this.#form.refuse(error)) this.error = error;
    const [fault] = Object.keys(this.#form.faults);
    if (fault) focusField(this.renderRoot, fault);
  }
}

define('zlh-change-password', ZlhChangePassword);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-change-password': ZlhChangePassword;
  }
}
