/**
 * Asks before something is lost: names the thing, says what goes and what stays, and where it cannot be undone asks for
 * the name to be typed. Destructive actions are loud only here.
 */
import '@awesome.me/webawesome/dist/components/button/button.js';
import '@awesome.me/webawesome/dist/components/dialog/dialog.js';
import '@awesome.me/webawesome/dist/components/input/input.js';
import '../problem/problem.ts';
import type WaInput from '@awesome.me/webawesome/dist/components/input/input.js';
import { html, nothing } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { asApiError } from '../api/problem.ts';
import type { ApiError } from '../api/problem.ts';
import { confirmStyles } from './confirm.styles.ts';

/**
 * @element zlh-confirm
 * @summary A confirmation. `ask(act)` opens it; `act` runs when confirmed, and the dialog closes once it succeeded.
 * @slot - Anything more to say.
 */
export class ZlhConfirm extends ZlhElement {
  static override styles = [base, confirmStyles];
  static override properties = {
    heading: {},
    action: {},
    name: {},
    lost: { attribute: false },
    kept: { attribute: false },
    open: { state: true },
    typed: { state: true },
    waiting: { state: true },
    error: { state: true },
  };

  declare heading: string;
  /** The button's words: "Delete server". */
  declare action: string;
  /** To be typed before the action opens. Empty: a click is enough. */
  declare name: string;
  declare lost: readonly string[];
  declare kept: readonly string[];
  declare private open: boolean;
  declare private typed: string;
  declare private waiting: boolean;
  declare private error: ApiError | undefined;
  #act: () => Promise<void> = async () => {};

  constructor() {
    super();
    this.heading = '';
    this.action = '';
    this.name = '';
    this.lost = [];
    this.kept = [];
    this.open = false;
    this.typed = '';
    this.waiting = false;
  }

  ask(act: () => Promise<void>): void {
    this.#act = act;
    this.typed = '';
    this.error = undefined;
    this.open = true;
  }

  protected override render(): unknown {
    return html`<wa-dialog
      label=${this.heading}
      ?open=${this.open}
      @wa-after-hide=${(event: Event) => event.target === event.currentTarget && (this.open = false)}
    >
      <form id="form" @submit=${this.#submit}>
        <slot></slot>
        ${this.#list('What is lost', 'lost', this.lost)}
        ${this.#list('What is kept', 'kept', this.kept)} ${this.name ? this.#nameField() : nothing}
        <zlh-problem .error=${this.error}></zlh-problem>
      </form>
      <wa-button slot="footer" appearance="filled-outlined" @click=${() => (this.open = false)}
        >Keep it</wa-button
      >
      <wa-button
        slot="footer"
        variant="danger"
        appearance="accent"
        ?disabled=${!this.#allowed}
        ?loading=${this.waiting}
        @click=${() => this.#confirm()}
        >${this.action}</wa-button
      >
    </wa-dialog>`;
  }

  get #allowed(): boolean {
    return this.name === '' || this.typed.trim() === this.name;
  }

  #list(title: string, kind: string, lines: readonly string[]): unknown {
    if (lines.length === 0) return nothing;
    return html`<h3>${title}</h3>
      <ul class=${kind}>
        ${lines.map((line) => html`<li>${line}</li>`)}
      </ul>`;
  }

  #nameField(): unknown {
    return html`<wa-input
      autofocus
      autocomplete="off"
      .value=${this.typed}
      @input=${(event: Event) => (this.typed = (event.target as WaInput).value ?? '')}
    >
      <span slot="label">Type <b>${this.name}</b> to confirm</span>
    </wa-input>`;
  }

  #submit(event: Event): void {
    event.preventDefault();
    void this.#confirm();
  }

  async #confirm(): Promise<void> {
    if (!this.#allowed || this.waiting) return;
    this.waiting = true;
    this.error = undefined;
    try {
      await this.#act();
      this.open = false;
    } catch (error) {
      this.error = asApiError(error);
    } finally {
      this.waiting = false;
    }
  }
}

define('zlh-confirm', ZlhConfirm);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-confirm': ZlhConfirm;
  }
}
