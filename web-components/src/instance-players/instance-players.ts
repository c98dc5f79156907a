/** How players join a server, and when it sleeps because nobody plays. */
import '@awesome.me/webawesome/dist/components/button/button.js';
import '@awesome.me/webawesome/dist/components/checkbox/checkbox.js';
import '../copy/copy.ts';
import '../problem/problem.ts';
import type WaCheckbox from '@awesome.me/webawesome/dist/components/checkbox/checkbox.js';
import { html, nothing } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { field, fieldStyles, focusField } from '../base/field.ts';
import { Form } from '../base/form.ts';
import { Watch } from '../base/watch.ts';
import { ask, askMaybe } from '../api/client.ts';
import { asApiError } from '../api/problem.ts';
import type { ApiError } from '../api/problem.ts';
import type { AgentStatus, HowToJoin, Instance, Sleep } from '../api/schema.ts';
import { instancePlayersStyles } from './instance-players.styles.ts';
import { joinText } from './join-words.ts';

const maxMinutes = 10_080;

/**
 * @element zlh-instance-players
 * @summary Address of `instance` for players, who is online by its `status`, and its sleep.
 */
export class ZlhInstancePlayers extends ZlhElement {
  static override styles = [base, fieldStyles, instancePlayersStyles];
  static override properties = {
    instance: { attribute: false },
    status: { attribute: false },
    join: { state: true },
    sleep: { state: true },
    sleeps: { state: true },
    wakes: { state: true },
    saving: { state: true },
    saved: { state: true },
    error: { state: true },
    loadError: { state: true },
  };

  declare instance: Instance | undefined;
  declare status: AgentStatus | undefined;
  declare private join: HowToJoin | undefined;
  /** Undefined where the platform has no such thing, or the caller may not see it. */
  declare private sleep: Sleep | undefined;
  declare private sleeps: boolean;
  declare private wakes: boolean;
  declare private saving: boolean;
  declare private saved: boolean;
  declare private error: ApiError | undefined;
  declare private loadError: ApiError | undefined;
  #shown = '';
  #form = new Form(
    this,
    { afterMinutes: '' },
    {
      afterMinutes: (value) => {
        const minutes = Number(value);
        return this.sleeps && !(minutes >= 1 && minutes <= maxMinutes)
          ? `Give between 1 and ${maxMinutes} minutes.`
          : undefined;
      },
    },
  );

  constructor() {
    super();
    this.sleeps = this.saving = this.saved = false;
    this.wakes = true;
    new Watch(
      this,
      () => this.connection.instances,
      'change',
      () => void this.#load(),
    );
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('instance')) void this.#load();
  }

  /** Asked again when the server's state is another one. */
  async #load(): Promise<void> {
    const { instance } = this;
    if (!instance) return;
    const state = `${instance.id} ${instance.observed} ${instance.ready}`;
    if (state === this.#shown) return;
    const isFirst = !this.#shown.startsWith(instance.id);
    this.#shown = state;
    const { client } = this.connection;
    const params = { path: { id: instance.id } };
    try {
      this.join = await ask(client.GET('/api/instances/{id}/join', { params }));
      if (isFirst) this.#show(await askMaybe(client.GET('/api/instances/{id}/sleep', { params })));
      this.loadError = undefined;
    } catch (error) {
      this.#shown = '';
      this.loadError = asApiError(error);
    }
  }

  #show(sleep: Sleep | undefined): void {
    this.sleep = sleep;
    this.sleeps = sleep !== undefined && sleep.afterMinutes !== null;
    this.wakes = sleep?.wakeBy !== 'nobody';
    this.#form.values = { afterMinutes: String(sleep?.afterMinutes ?? 15) };
  }

  protected override render(): unknown {
    return html`<zlh-problem .error=${this.loadError}></zlh-problem>
      ${this.join ? this.#joinCard(this.join) : nothing} ${this.sleep ? this.#sleepCard() : nothing}`;
  }

  #joinCard(join: HowToJoin): unknown {
    const direct = join.direct ? `${join.direct.host}:${join.direct.port}` : '';
    const address = join.address ?? direct;
    const online = this.status?.players?.online;
    return html`<section class="card">
      <h2>How to join</h2>
      ${
        address
          ? html`<p class="address">
              <span>${address}</span>
              <zlh-copy class="small muted" value=${address} what="address"></zlh-copy>
            </p>`
          : html`<p>The server has no address yet.</p>`
      }
      <p role="status">
        ${joinText(join)}${online === undefined || online === null ? '' : ` Online now: ${online}.`}
      </p>
      ${
        direct && direct !== address
          ? html`<p class="small muted">
              Without a name: ${direct}
              <zlh-copy value=${direct} what="direct address"></zlh-copy>
            </p>`
          : nothing
      }
    </section>`;
  }

  #sleepCard(): unknown {
    return html`<section class="card">
      <h2>Sleep</h2>
      <p class="muted">
        A server that nobody plays on can stop, and give its memory back until somebody joins.
      </p>
      <form novalidate @submit=${this.#save}>
        <wa-checkbox
          .checked=${this.sleeps}
          @change=${(event: Event) => this.#turn({ sleeps: (event.target as WaCheckbox).checked })}
          >Stop when nobody plays</wa-checkbox
        >
        ${this.sleeps ? this.#sleepFields() : nothing}
        <zlh-problem .error=${this.error}></zlh-problem>
        <p class="row">
          <wa-button
            variant="brand"
            appearance="accent"
            ?loading=${this.saving}
            @click=${this.#save}
            >Save</wa-button
          >
          <span role="status">${this.saved ? 'Saved.' : ''}</span>
        </p>
      </form>
    </section>`;
  }

  #sleepFields(): unknown {
    return html`${field(this.#form, 'afterMinutes', {
        label: 'Minutes without players',
        type: 'number',
      })}
      <wa-checkbox
        .checked=${this.wakes}
        hint="A login waits while the server starts; looking at the server list wakes nobody."
        @change=${(event: Event) => this.#turn({ wakes: (event.target as WaCheckbox).checked })}
        >A player who joins starts it</wa-checkbox
      >`;
  }

  #turn(to: { readonly sleeps?: boolean; readonly wakes?: boolean }): void {
    this.sleeps = to.sleeps ?? this.sleeps;
    this.wakes = to.wakes ?? this.wakes;
    this.saved = false;
  }

  async #save(event: Event): Promise<void> {
    event.preventDefault();
    if (this.saving || !this.instance) return;
    if (this.#form.firstFault()) return focusField(this.renderRoot, 'afterMinutes');
    this.saving = true;
    this.saved = false;
    this.error = undefined;
    try {
      const body = {
        afterMinutes: this.sleeps ? Number(this.#form.values.afterMinutes) : null,
        wakeBy: this.wakes ? ('everyone' as const) : ('nobody' as const),
      };
      const params = { path: { id: this.instance.id } };
      const request = this.connection.client.PUT('/api/instances/{id}/sleep', { params, body });
      this.#show(await ask(request));
      this.saved = true;
    } catch (error) {
      this.error = asApiError(error);
    } finally {
      this.saving = false;
    }
  }
}

define('zlh-instance-players', ZlhInstancePlayers);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-instance-players': ZlhInstancePlayers;
  }
}
