/** Creating a server: game, variant, version, name and memory on one page, with what it comes to beside the button. */
import '@awesome.me/webawesome/dist/components/button/button.js';
import '@awesome.me/webawesome/dist/components/option/option.js';
import '@awesome.me/webawesome/dist/components/select/select.js';
import '@awesome.me/webawesome/dist/components/slider/slider.js';
import '../problem/problem.ts';
import type WaSelect from '@awesome.me/webawesome/dist/components/select/select.js';
import type WaSlider from '@awesome.me/webawesome/dist/components/slider/slider.js';
import { html, nothing } from 'lit';
import { createKinds, createKindsStyles } from '../base/create-kinds.ts';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { uniqueKey } from '../base/browser.ts';
import { faultOrHint, field, fieldStyles, focusField } from '../base/field.ts';
import { Form } from '../base/form.ts';
import { ask } from '../api/client.ts';
import { asApiError } from '../api/problem.ts';
import type { ApiError } from '../api/problem.ts';
import type { Catalog, Game, Variant } from '../api/schema.ts';
import { memoryText } from '../words/quantities.ts';
import { choiceStyles } from './choice.styles.ts';
import {
  chosenIn,
  changeGame,
  changeVariant,
  memoryFault,
  memoryStep,
  nameFault,
} from './choice.ts';
import type { Choice } from './choice.ts';
import { createInstanceStyles } from './create-instance.styles.ts';

/**
 * @element zlh-create-instance
 * @summary Form that creates a game server from what the catalog offers.
 * @event zlh-created - It is being made; `detail` is the instance.
 */
export class ZlhCreateInstance extends ZlhElement {
  static override styles = [
    base,
    fieldStyles,
    choiceStyles,
    createInstanceStyles,
    createKindsStyles,
  ];
  static override properties = {
    creates: {},
    catalog: { state: true },
    waiting: { state: true },
    error: { state: true },
    broken: { state: true },
  };

  /** Its own label in the switch between the pages that create something. */
  declare creates: string;
  declare private catalog: Catalog | undefined;
  declare private waiting: boolean;
  declare private error: ApiError | undefined;
  /** Why there is no catalog to choose from. */
  declare private broken: ApiError | undefined;
  #key = uniqueKey();
  #form = new Form<Choice>(
    this,
    { game: '', variant: '', version: '', name: '', memoryMiB: '' },
    {
      version: (value) => (value ? undefined : 'Choose a version.'),
      name: nameFault,
      memoryMiB: (value) => memoryFault(value, this.#variant),
    },
  );

  constructor() {
    super();
    this.creates = '';
    this.waiting = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#load();
  }

  protected override render(): unknown {
    const { pages } = this.connection.parts.list;
    return html`<h1>Create server</h1>
      ${createKinds(pages, this.creates, (path) => this.link(path))}
      ${
        this.broken
          ? html`<zlh-problem .error=${this.broken}
              ><wa-button appearance="filled-outlined" @click=${() => this.#load()}
                >Try again</wa-button
              ></zlh-problem
            >`
          : this.catalog
            ? this.#page(this.catalog)
            : html`<div class="waiting" aria-busy="true" aria-label="Loading the catalog">
                <span class="skeleton"></span><span class="skeleton"></span
                ><span class="skeleton"></span>
              </div>`
      }`;
  }

  #page({ games }: Catalog): unknown {
    if (games.length === 0)
      return html`<p class="card empty muted">
        No game is on offer here yet. The host adds games to the catalog.
      </p>`;
    const { game, variant } = this.#form.values;
    const variants = this.#game?.variants ?? [];
    return html`<form novalidate @submit=${this.#submit}>
      <div class="steps">
        ${games.length > 1 ? this.#choices('game', 'Game', games, game) : nothing}
        ${this.#choices('variant', games.length > 1 ? 'Variant' : `${games[0]?.name ?? ''} variant`, variants, variant)}
        ${this.#version()}
        ${field(this.#form, 'name', {
          label: 'Name',
          placeholder: 'Skyblock',
          maxlength: 60,
          hint: 'For you and your players. It can be anything.',
        })}
        ${this.#memory()}
      </div>
      ${this.#summary()}
    </form>`;
  }

  #choices(
    name: 'game' | 'variant',
    title: string,
    choices: readonly (Game | Variant)[],
    chosen: string,
  ): unknown {
    return html`<fieldset class="choices">
      <legend>${title}</legend>
      ${choices.map(
        (choice) =>
          html`<label class="card">
            <input
              type="radio"
              name=${name}
              .checked=${choice.id === chosen}
              value=${choice.id}
              @change=${() => this.#choose(name, choice.id)}
            />
            <span><b>${choice.name}</b><span class="small muted">${choice.description}</span></span>
          </label>`,
      )}
    </fieldset>`;
  }

  #version(): unknown {
    const versions = this.#variant?.versions ?? [];
    return html`<wa-select
      name="version"
      label="Version"
      .value=${this.#form.values.version}
      @change=${(event: Event) => this.#form.set('version', String((event.target as WaSelect).value ?? ''))}
    >
      ${versions.map(
        ({ id, recommended }) =>
          html`<wa-option value=${id} label=${id}
            >${id}${recommended ? html`<span slot="end" class="small muted">recommended</span>` : nothing}</wa-option
          >`,
      )}
      ${faultOrHint(this.#form.faults.version, undefined)}
    </wa-select>`;
  }

  #memory(): unknown {
    const limits = this.#variant?.memoryMiB;
    if (!limits) return nothing;
    const { memoryMiB } = this.#form.values;
    return html`<div class="memory">
      <wa-slider
        name="memoryMiB"
        label="Memory"
        min=${limits.min}
        max=${limits.max}
        step=${memoryStep(limits)}
        .value=${Number(memoryMiB)}
        .valueFormatter=${memoryText}
        @input=${(event: Event) => this.#form.set('memoryMiB', String((event.target as WaSlider).value))}
        >${faultOrHint(
          this.#form.faults.memoryMiB,
          `From ${memoryText(limits.min)} to ${memoryText(limits.max)}. ${memoryText(limits.default)} suits most.`,
        )}</wa-slider
      >
      <output>${memoryText(Number(memoryMiB))}</output>
    </div>`;
  }

  #summary(): unknown {
    const { name, version, memoryMiB } = this.#form.values;
    const eula = this.#variant?.eula;
    return html`<aside class="card" aria-label="What you create">
      <h2 class="minor">${name.trim() || 'Your server'}</h2>
      <p class="muted">
        ${this.#game?.name} · ${this.#variant?.name} ${version}<br />${memoryText(Number(memoryMiB))}
        memory
      </p>
      <zlh-problem .error=${this.error}></zlh-problem>
      <wa-button variant="brand" appearance="accent" ?loading=${this.waiting} @click=${this.#submit}
        >Create server</wa-button
      >
      ${
        eula
          ? html`<p class="small muted">
              By creating it you accept the
              <a href=${eula} target="_blank" rel="noreferrer">terms of its publisher</a>.
            </p>`
          : nothing
      }
    </aside>`;
  }

  get #game(): Game | undefined {
    return chosenIn(this.catalog, this.#form.values).game;
  }

  get #variant(): Variant | undefined {
    return chosenIn(this.catalog, this.#form.values).variant;
  }

  async #load(): Promise<void> {
    this.broken = undefined;
    // For the switch; a page that stands alone has none.
    void this.connection.parts.need().then(() => this.requestUpdate());
    try {
      const catalog = await ask(this.connection.client.GET('/api/catalog/games'));
      this.#form.values = changeGame(catalog, this.#form.values, this.#form.values.game);
      this.catalog = catalog;
    } catch (error) {
      this.broken = asApiError(error);
    }
  }

  #choose(name: 'game' | 'variant', id: string): void {
    const change = name === 'game' ? changeGame : changeVariant;
    this.#form.values = change(this.catalog, this.#form.values, id);
    this.#form.faults = {};
    this.requestUpdate();
  }

  async #submit(event: Event): Promise<void> {
    event.preventDefault();
    if (this.waiting) return;
    const fault = this.#form.firstFault();
    if (fault) return focusField(this.renderRoot, fault);
    this.waiting = true;
    this.error = undefined;
    try {
      await this.#create();
    } catch (thrown) {
      const error = asApiError(thrown);
      if (!this.#form.refuse(error)) this.error = error;
      // Only an answer ends the attempt: asking again after silence must not make a second server.
      if (error.status !== 0) this.#key = uniqueKey();
    } finally {
      this.waiting = false;
    }
  }

  async #create(): Promise<void> {
    const { name, memoryMiB, ...software } = this.#form.values;
    const body = {
      kind: 'game' as const,
      name: name.trim(),
      memoryMiB: Number(memoryMiB),
      ...software,
    };
    const params = { header: { 'Idempotency-Key': this.#key } };
    const made = await ask(this.connection.client.POST('/api/instances', { body, params }));
    this.connection.heard(made);
    this.#key = uniqueKey();
    this.emit('zlh-created', made.instance);
    this.emit('zlh-go', { path: `/servers/${made.instance.id}` });
  }
}

define('zlh-create-instance', ZlhCreateInstance);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-create-instance': ZlhCreateInstance;
  }
}
