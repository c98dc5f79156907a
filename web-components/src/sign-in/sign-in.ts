/** The door: signing in, making an account, and the one-time set-up of the first administrator. One form, three words. */
import '@awesome.me/webawesome/dist/components/button/button.js';
import '../problem/problem.ts';
import { html, nothing } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { field, fieldStyles, focusField } from '../base/field.ts';
import { Form } from '../base/form.ts';
import { ask } from '../api/client.ts';
import { asApiError } from '../api/problem.ts';
import type { ApiError } from '../api/problem.ts';
import type { User } from '../api/schema.ts';
import { newPasswordFault, passwordHint } from '../words/passwords.ts';
import { signInStyles } from './sign-in.styles.ts';

export type Door = 'sign-in' | 'register' | 'setup';

const WORDS: Record<Door, { title: string; lead: string; action: string }> = {
  'sign-in': {
    title: 'Sign in',
    lead: 'To your servers and what runs on them.',
    action: 'Sign in',
  },
  register: {
    title: 'Create an account',
    lead: 'Then create your first server.',
    action: 'Create account',
  },
  setup: {
    title: 'Set up ZeroLagHub',
    lead: 'This makes the first administrator. The link works once.',
    action: 'Create administrator',
  },
};

/**
 * @element zlh-sign-in
 * @summary Form that signs in, registers or sets up, as `door` says.
 * @event zlh-signed-in - Somebody is signed in; `detail` is the user.
 */
export class ZlhSignIn extends ZlhElement {
  static override styles = [base, fieldStyles, signInStyles];
  static override properties = {
    door: {},
    addressQuery: { attribute: false },
    setupRequired: { attribute: false },
    registrationOpen: { state: true },
    waiting: { state: true },
    error: { state: true },
  };

  declare door: Door;
  /** Of the page's address; the set-up link holds a `token`. */
  declare addressQuery: Readonly<Record<string, string>>;
  /** The platform waits for its first administrator. */
  declare setupRequired: boolean;
  /** Unknown and no are the same: nobody is led to a door that stays shut. */
  declare private registrationOpen: boolean;
  declare private waiting: boolean;
  declare private error: ApiError | undefined;
  #form = new Form(
    this,
    { email: '', password: '' },
    {
      email: (value) =>
        /^\S+@\S+$/.test(value.trim())
          ? undefined
          : 'Give your e-mail address, such as ada@example.com.',
      password: (value) => this.#passwordFault(value),
    },
  );

  constructor() {
    super();
    this.door = 'sign-in';
    this.addressQuery = {};
    this.setupRequired = false;
    this.waiting = false;
    this.registrationOpen = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#askForDoors();
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('door')) this.error = undefined;
  }

  protected override render(): unknown {
    const { title, lead, action } = WORDS[this.door];
    const fresh = this.door !== 'sign-in';
    return html`<form class="card" novalidate @submit=${this.#submit} @keydown=${this.#enter}>
        <header>
          <h1>${title}</h1>
          <p class="muted">${lead}</p>
        </header>
        ${field(this.#form, 'email', { label: 'E-mail', type: 'email', autocomplete: 'username', autofocus: true })}
        ${field(this.#form, 'password', {
          label: 'Password',
          type: 'password',
          autocomplete: fresh ? 'new-password' : 'current-password',
          ...(fresh ? { hint: passwordHint } : {}),
        })}
        <zlh-problem .error=${this.error}></zlh-problem>
        <wa-button
          variant="brand"
          appearance="accent"
          ?loading=${this.waiting}
          @click=${this.#submit}
          >${action}</wa-button
        >
        ${this.#otherDoor()}
      </form>
      ${this.setupRequired && this.door !== 'setup' ? this.#setupNote() : nothing}`;
  }

  /** A new platform has nobody who could sign in. */
  #setupNote(): unknown {
    return html`<p class="card note" role="status">
      <b>This platform is new.</b> It printed a set-up link when it started: open that link to
      become its first administrator.
    </p>`;
  }

  #otherDoor(): unknown {
    if (this.door === 'setup') return nothing;
    if (this.door === 'sign-in' && !this.registrationOpen) return nothing;
    return this.door === 'sign-in'
      ? html`<p class="muted">New here? <a href=${this.link('/register')}>Create an account</a></p>`
      : html`<p class="muted">Have an account? <a href=${this.link('/sign-in')}>Sign in</a></p>`;
  }

  #passwordFault(value: string): string | undefined {
    if (this.door === 'sign-in') return value === '' ? 'Give your password.' : undefined;
    return newPasswordFault(value);
  }

  #enter(event: KeyboardEvent): void {
    if (event.key === 'Enter' && (event.target as HTMLElement).localName === 'wa-input')
      void this.#submit(event);
  }

  async #submit(event: Event): Promise<void> {
    event.preventDefault();
    if (this.waiting) return;
    const fault = this.#form.firstFault();
    if (fault) return focusField(this.renderRoot, fault);
    this.waiting = true;
    this.error = undefined;
    try {
      this.emit('zlh-signed-in', await this.#enterBy());
    } catch (thrown) {
      const error = asApiError(thrown);
      if (!this.#form.refuse(error)) this.error = error;
    } finally {
      this.waiting = false;
    }
  }

  async #askForDoors(): Promise<void> {
    try {
      await ask(this.connection.client.GET('/api/auth/me'));
    } catch (error) {
      this.registrationOpen = asApiError(error).registrationOpen;
    }
  }

  async #enterBy(): Promise<User> {
    const { client } = this.connection;
    const { email, password } = this.#form.values;
    const body = { email: email.trim(), password };
    if (this.door === 'sign-in') await ask(client.POST('/api/auth/login', { body }));
    else if (this.door === 'register') await ask(client.POST('/api/auth/register', { body }));
    else
      await ask(
        client.POST('/api/auth/setup', {
          body: { ...body, token: this.addressQuery['token'] ?? '' },
        }),
      );
    return (await ask(client.GET('/api/auth/me'))).user;
  }
}

define('zlh-sign-in', ZlhSignIn);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-sign-in': ZlhSignIn;
  }
}
