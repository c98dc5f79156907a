/** Whoever is signed in: who that is, how the portal looks to them, their password, sessions and keys. */
import '@awesome.me/webawesome/dist/components/button/button.js';
import '../api-keys/api-keys.ts';
import '../change-password/change-password.ts';
import '../delete-account/delete-account.ts';
import '../sessions/sessions.ts';
import { html } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { chooseScheme, chosenScheme } from '../theme/theme.ts';
import type { Scheme } from '../theme/theme.ts';
import { accountStyles } from './account.styles.ts';

const SCHEMES: readonly { id: Scheme; label: string }[] = [
  { id: 'system', label: 'As the system' },
  { id: 'dark', label: 'Dark' },
  { id: 'light', label: 'Light' },
];

/**
 * @element zlh-account
 * @summary Account page.
 * @event zlh-sign-out - Signing out was asked for.
 */
export class ZlhAccount extends ZlhElement {
  static override styles = [base, accountStyles];

  protected override render(): unknown {
    const { me } = this.connection;
    return html`<h1>Account</h1>
      <section class="card row">
        <div class="grow">
          <h2 class="minor one-line">${me?.email}</h2>
          <p class="muted">${me?.role === 'administrator' ? 'Administrator' : 'User'}</p>
        </div>
        <wa-button appearance="filled-outlined" @click=${() => this.emit('zlh-sign-out')}
          >Sign out</wa-button
        >
      </section>
      <section class="card">
        <fieldset>
          <legend>Appearance</legend>
          ${SCHEMES.map(
            ({ id, label }) =>
              html`<label
                ><input
                  type="radio"
                  name="scheme"
                  value=${id}
                  .checked=${chosenScheme() === id}
                  @change=${() => chooseScheme(id)}
                />${label}</label
              >`,
          )}
        </fieldset>
      </section>
      <zlh-change-password
        server=${this.server}
        token=${this.token}
        @zlh-password-changed=${this.#passwordChanged}
      ></zlh-change-password>
      <zlh-sessions server=${this.server} token=${this.token}></zlh-sessions>
      <zlh-api-keys server=${this.server} token=${this.token}></zlh-api-keys>
      <zlh-delete-account server=${this.server} token=${this.token}></zlh-delete-account>`;
  }

  #passwordChanged(): void {
    void this.renderRoot.querySelector('zlh-sessions')?.load();
    void this.renderRoot.querySelector('zlh-api-keys')?.load();
  }
}

define('zlh-account', ZlhAccount);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-account': ZlhAccount;
  }
}
