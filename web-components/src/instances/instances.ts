/** All servers one may see: cards with state and address, a search, and for the first visit the first step. */
import '@awesome.me/webawesome/dist/components/button/button.js';
import '@awesome.me/webawesome/dist/components/input/input.js';
import '../host-capacity/host-capacity.ts';
import '../instance-card/instance-card.ts';
import '../problem/problem.ts';
import type WaInput from '@awesome.me/webawesome/dist/components/input/input.js';
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { Watch } from '../base/watch.ts';
import type { Instance } from '../api/schema.ts';
import { icon } from '../theme/icons.ts';
import { addressText, softwareText } from '../words/instances.ts';
import { count } from '../words/quantities.ts';
import { instancesStyles } from './instances.styles.ts';

/** From how many on a search helps more than it distracts. */
const SEARCH_FROM = 7;

/**
 * @element zlh-instances
 * @summary List of servers, kept current.
 */
export class ZlhInstances extends ZlhElement {
  static override styles = [base, instancesStyles];
  static override properties = { query: { state: true } };

  declare private query: string;

  constructor() {
    super();
    this.query = '';
    new Watch(this, () => this.connection.instances, 'change');
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.connection.live.start();
    void this.connection.instances.need();
  }

  /** Puts the cursor into the search; false when there is none to put it into. */
  focusSearch(): boolean {
    const search = this.renderRoot.querySelector<WaInput>('wa-input');
    search?.focus();
    return search !== null;
  }

  protected override render(): unknown {
    const { state, error, items } = this.connection.instances;
    const empty = state === 'ready' && items.length === 0;
    return html`<header class="row">
        <h1 class="grow">Servers</h1>
        ${items.length >= SEARCH_FROM ? this.#search() : nothing}
        ${empty || state === 'failed' ? nothing : this.#create()}
      </header>
      ${
        error
          ? html`<zlh-problem .error=${error}
              ><wa-button
                appearance="filled-outlined"
                @click=${() => this.connection.instances.load()}
                >Try again</wa-button
              ></zlh-problem
            >`
          : nothing
      }
      ${empty ? this.#empty() : this.#cards(items, state === 'loading' || state === 'idle')}
      <zlh-host-capacity server=${this.server} token=${this.token}></zlh-host-capacity>`;
  }

  #create(): unknown {
    return html`<wa-button variant="brand" appearance="accent" href=${this.link('/servers/new')}
      >${icon('plus', 'start')}Create server</wa-button
    >`;
  }

  #search(): unknown {
    return html`<wa-input
      type="search"
      placeholder="Search servers"
      .value=${this.query}
      with-clear
      @input=${(event: Event) => (this.query = (event.target as WaInput).value ?? '')}
      ><span slot="label" class="hidden-text">Search servers</span>${icon('search', 'start')}<kbd
        slot="end"
        aria-hidden="true"
        >/</kbd
      ></wa-input
    >`;
  }

  #cards(items: readonly Instance[], loading: boolean): unknown {
    if (loading && items.length === 0) {
      return html`<div class="cards" aria-busy="true" aria-label="Loading servers">
        ${[1, 2, 3].map(() => html`<div class="card waiting"><span class="skeleton"></span><span class="skeleton"></span></div>`)}
      </div>`;
    }
    const found = items.filter((instance) => this.#matches(instance));
    return html`<ul class="cards">
        ${repeat(
          found,
          ({ id }) => id,
          (instance) =>
            html`<li>
              <zlh-instance-card
                .instance=${instance}
                server=${this.server}
                token=${this.token}
              ></zlh-instance-card>
            </li>`,
        )}
      </ul>
      ${
        this.query
          ? html`<p class="muted small" role="status">
              ${found.length === 0 ? `No server matches “${this.query}”.` : count(found.length, 'server')}
            </p>`
          : nothing
      }`;
  }

  #matches(instance: Instance): boolean {
    const text = `${instance.name} ${addressText(instance)} ${softwareText(instance)} ${instance.observed}`;
    return text.toLowerCase().includes(this.query.trim().toLowerCase());
  }

  #empty(): unknown {
    return html`<section class="empty">
      <div class="art" aria-hidden="true">${icon('servers')}</div>
      <h2>Create your first server</h2>
      <p class="muted">
        Choose a game, a version and how much memory it gets. It is ready to join in about a minute.
      </p>
      ${this.#create()}
    </section>`;
  }
}

define('zlh-instances', ZlhInstances);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-instances': ZlhInstances;
  }
}
