/** Where one is signed in: every browser by its name, the one in front of us marked, each to be signed out. */
import '@awesome.me/webawesome/dist/components/button/button.js';
import '../confirm/confirm.ts';
import '../problem/problem.ts';
import '../time/time.ts';
import { html, nothing } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { sectionStyles } from '../base/section.styles.ts';
import { ask, askMaybe } from '../api/client.ts';
import { asApiError } from '../api/problem.ts';
import type { ApiError } from '../api/problem.ts';
import type { Session } from '../api/schema.ts';
import type { ZlhConfirm } from '../confirm/confirm.ts';
import { icon } from '../theme/icons.ts';
import { deviceText, isPhone } from '../words/devices.ts';
import { sessionsStyles } from './sessions.styles.ts';

/**
 * @element zlh-sessions
 * @summary The sessions of whoever is signed in. Needs a session itself: keys have none.
 */
export class ZlhSessions extends ZlhElement {
  static override styles = [base, sectionStyles, sessionsStyles];
  static override properties = {
    sessions: { state: true },
    leaving: { state: true },
    error: { state: true },
  };

  declare private sessions: readonly Session[] | undefined;
  /** The one asked about; nothing: all of them. */
  declare private leaving: Session | undefined;
  declare private error: ApiError | undefined;
  #here: string | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.load();
  }

  /** Asks the platform again, as after the password was changed. */
  async load(): Promise<void> {
    const { client } = this.connection;
    try {
      const [me, { items }] = await Promise.all([
        ask(client.GET('/api/auth/me')),
        ask(client.GET('/api/auth/sessions')),
      ]);
      this.#here = me.session?.id;
      this.sessions = items.toSorted((a, b) => Number(this.#isHere(b)) - Number(this.#isHere(a)));
      this.error = undefined;
    } catch (error) {
      this.error = asApiError(error);
    }
  }

  protected override render(): unknown {
    return html`<header class="row">
        <div class="grow">
          <h2>Sessions</h2>
          <p class="muted">Where you are signed in. Sign out what you do not know.</p>
        </div>
        <wa-button appearance="filled-outlined" @click=${this.#leaveAll}
          >Sign out everywhere</wa-button
        >
      </header>
      <zlh-problem .error=${this.error}
        ><wa-button appearance="filled-outlined" @click=${() => this.load()}
          >Try again</wa-button
        ></zlh-problem
      >
      ${this.#list()} ${this.#question()}`;
  }

  #list(): unknown {
    if (this.sessions)
      return html`<ul class="card">
        ${this.sessions.map((session) => this.#row(session))}
      </ul>`;
    if (this.error) return nothing;
    return html`<div class="card wait" aria-busy="true"><span class="skeleton"></span></div>`;
  }

  #row(session: Session): unknown {
    const { address, userAgent, createdAt, lastSeenAt } = session;
    const device = deviceText(userAgent);
    return html`<li class="row">
      ${icon(isPhone(userAgent) ? 'phone' : 'screen')}
      <div class="grow">
        <p class="device">
          <b title=${userAgent}>${device}</b>
          ${this.#isHere(session) ? html`<span class="here">This browser</span>` : nothing}
        </p>
        <p class="small muted">
          ${address} · signed in <zlh-time at=${createdAt}></zlh-time> · used
          <zlh-time at=${lastSeenAt}></zlh-time>
        </p>
      </div>
      ${
        this.#isHere(session)
          ? nothing
          : html`<wa-button appearance="plain" variant="danger" @click=${() => this.#leave(session)}
              >Sign out<span class="hidden-text"> ${device}</span></wa-button
            >`
      }
    </li>`;
  }

  #question(): unknown {
    const { leaving } = this;
    if (leaving)
      return html`<zlh-confirm
        heading="Sign out ${deviceText(leaving.userAgent)}?"
        action="Sign out"
        .lost=${[`The session at ${leaving.address}: it has to sign in again`]}
        .kept=${['This session and all others']}
      ></zlh-confirm>`;
    return html`<zlh-confirm
      heading="Sign out everywhere?"
      action="Sign out everywhere"
      .lost=${['Every session of yours, this one too']}
      .kept=${['Your API keys: revoke them one by one']}
    ></zlh-confirm>`;
  }

  #isHere({ id }: Session): boolean {
    return id === this.#here;
  }

  async #leave(session: Session): Promise<void> {
    this.leaving = session;
    const params = { path: { id: session.id } };
    await this.#ask(async () => {
      // One that has ended meanwhile is what was asked for.
      await askMaybe(this.connection.client.DELETE('/api/auth/sessions/{id}', { params }));
      await this.load();
    });
  }

  async #leaveAll(): Promise<void> {
    this.leaving = undefined;
    await this.#ask(async () => {
      await ask(this.connection.client.DELETE('/api/auth/sessions'));
      this.connection.dispatchEvent(new Event('signed-out'));
    });
  }

  /** Asks by the question that fits, which is there once it was drawn. */
  async #ask(act: () => Promise<void>): Promise<void> {
    await this.updateComplete;
    this.renderRoot.querySelector<ZlhConfirm>('zlh-confirm')?.ask(act);
  }
}

define('zlh-sessions', ZlhSessions);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-sessions': ZlhSessions;
  }
}
