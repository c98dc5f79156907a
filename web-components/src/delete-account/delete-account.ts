/** Deleting one's own account: says what is lost, and asks for the password before anything goes. */
import '@awesome.me/webawesome/dist/components/button/button.js';
import '../problem/problem.ts';
import { html, nothing } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { field, fieldStyles, focusField } from '../base/field.ts';
import { Form } from '../base/form.ts';
import { sectionStyles } from '../base/section.styles.ts';
import { ask } from '../api/client.ts';
import { asApiError } from '../api/problem.ts';
import type { ApiError } from '../api/problem.ts';
import { deleteAccountStyles } from './delete-account.styles.ts';

const empty = { password: '' };

/**
 * @element zlh-delete-account
 * @summary Form that deletes the account of the person who is signed in. Needs a session: keys may not.
 */
export class ZlhDeleteAccount extends ZlhElement {
  static override styles = [base, sectionStyles, fieldStyles, deleteAccountStyles];
  static override properties = {
    isOpen: { state: true },
    waiting: { state: true },
    error: { state: true },
  };

  declare private isOpen: boolean;
  declare private waiting: boolean;
  declare private error: ApiError | undefined;
  #form = new Form(this, empty, {
    password: (value) => (value === '' ? 'Give your password to confirm.' : undefined),
  });

  constructor() {
    super();
    this.isOpen = false;
    this.waiting = false;
  }

  protected override render(): unknown {
    return html`<header class="row">
        <div class="grow">
          <h2>Delete account</h2>
          <p class="muted">Delete your servers first. Your sessions and API keys end at once.</p>
        </div>
        ${
          this.isOpen
            ? nothing
            : html`<wa-button appearance="filled-outlined" @click=${() => this.#turn(true)}
                >Delete account</wa-button
              >`
        }
      </header>
      ${this.isOpen ? this.#fields() : nothing}`;
  }

  #fields(): unknown {
    return html`<form class="card" novalidate @submit=${this.#submit} @keydown=${this.#key}>
      <p>Your account is deleted for good. Nobody can bring it back.</p>
      ${field(this.#form, 'password', { label: 'Your password', type: 'password', autocomplete: 'current-password', autofocus: true })}
      <zlh-problem .error=${this.error}></zlh-problem>
      <div class="row">
        <wa-button
          variant="danger"
          appearance="accent"
          ?loading=${this.waiting}
          @click=${this.#submit}
          >Delete my account for good</wa-button
        >
        <wa-button appearance="plain" @click=${() => this.#turn(false)}>Cancel</wa-button>
      </div>
    </form>`;
  }

  #key(event: KeyboardEvent): void {
    if (event.key === 'Escape') void this.#turn(false);
    if (event.key === 'Enter' && (event.target as HTMLElement).localName === 'wa-input')
      void this.#submit(event);
  }

  /** A closed form keeps nothing that was typed. */
  async #turn(isOpen: boolean): Promise<void> {
    if (this.waiting) return;
    this.#form.values = empty;
    this.#form.faults = {};
    this.error = undefined;
    this.isOpen = isOpen;
    await this.updateComplete;
    if (isOpen) return focusField(this.renderRoot, 'password');
    this.renderRoot.querySelector<HTMLElement>('header wa-button')?.focus();
  }

  async #submit(event: Event): Promise<void> {
    event.preventDefault();
    if (this.waiting) return;
    if (this.#form.firstFault()) return focusField(this.renderRoot, 'password');
    this.waiting = true;
    this.error = undefined;
    try {
      await ask(
        this.connection.client.POST('/api/auth/delete-account', { body: this.#form.values }),
      );
      this.connection.dispatchEvent(new Event('signed-out'));
    } catch (thrown) {
      const error = asApiError(thrown);
      if (this.#form.refuse(error)) focusField(this.renderRoot, 'password');
      else this.error = error;
    } finally {
      this.waiting = false;
    }
  }
}

define('zlh-delete-account', ZlhDeleteAccount);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-delete-account': ZlhDeleteAccount;
  }
}
