/** Creating a dev environment: runtime, version, name and memory on one page, and their summary. */
import '@awesome.me/webawesome/dist/components/button/button.js';
import '@awesome.me/webawesome/dist/components/option/option.js';
import '@awesome.me/webawesome/dist/components/select/select.js';
import '@awesome.me/webawesome/dist/components/slider/slider.js';
import '../problem/problem.ts';
import type WaSelect from '@awesome.me/webawesome/dist/components/select/select.js';
import type WaSlider from '@awesome.me/webawesome/dist/components/slider/slider.js';
import { html } from 'lit';
import { ask } from '../api/client.ts';
import { asApiError, type ApiError } from '../api/problem.ts';
import { base } from '../base/base.styles.ts';
import { uniqueKey } from '../base/browser.ts';
import { createKinds, createKindsStyles } from '../base/create-kinds.ts';
import { define, ZlhElement } from '../base/element.ts';
import { faultOrHint, field, fieldStyles, focusField } from '../base/field.ts';
import { Form } from '../base/form.ts';
import { choiceStyles } from '../create-instance/choice.styles.ts';
import { nameFault } from '../create-instance/choice.ts';
import { createInstanceStyles } from '../create-instance/create-instance.styles.ts';
import { memoryText } from '../words/quantities.ts';
import { namesOf, usualRuntime, versionsOf, type Runtime } from './runtimes.ts';

const memoryMiB = { min: 256, usual: 1024, max: 16_384, step: 256 };

/**
 * @element zlh-create-dev-environment
 * @summary Form that creates a dev environment with a runtime of the catalog.
 * @event zlh-created - It is being made; `detail` is the instance.
 */
export class ZlhCreateDevEnvironment extends ZlhElement {
  static override styles = [
    base,
    fieldStyles,
    choiceStyles,
    createInstanceStyles,
    createKindsStyles,
  ];
  static override properties = {
    creates: {},
    runtimes: { state: true },
    waiting: { state: true },
    error: { state: true },
    broken: { state: true },
  };

  /** Its own label in the switch between the pages that create something. */
  declare creates: string;
  declare private runtimes: readonly Runtime[] | undefined;
  declare private waiting: boolean;
  declare private error: ApiError | undefined;
  /** Why there are no runtimes to choose from. */
  declare private broken: ApiError | undefined;
  #key = uniqueKey();
  #form = new Form(
    this,
    { runtime: '', version: '', name: '', memoryMiB: String(memoryMiB.usual) },
    {
      runtime: (value) => (value ? undefined : 'Choose a runtime.'),
      version: (value) => (value ? undefined : 'Choose a version.'),
      name: nameFault,
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
    return html`<h1>Create dev environment</h1>
      ${createKinds(pages, this.creates, (path) => this.link(path))} ${this.#body()}`;
  }

  #body(): unknown {
    if (this.broken)
      return html`<zlh-problem .error=${this.broken}
        ><wa-button appearance="filled-outlined" @click=${() => this.#load()}
          >Try again</wa-button
        ></zlh-problem
      >`;
    if (this.runtimes === undefined)
      return html`<div class="waiting" aria-busy="true" aria-label="Loading the runtimes">
        <span class="skeleton"></span><span class="skeleton"></span>
      </div>`;
    if (this.runtimes.length === 0)
      return html`<p class="card empty muted">
        No runtime is on offer here yet. The host adds runtimes to the catalog.
      </p>`;
    return html`<form novalidate @submit=${this.#submit}>
      <div class="steps">
        ${this.#runtimeChoice(this.runtimes)} ${this.#versionChoice(this.runtimes)}
        ${field(this.#form, 'name', {
          label: 'Name',
          placeholder: 'Lab',
          maxlength: 60,
          hint: 'For you. It can be anything.',
        })}
        ${this.#memory()}
      </div>
      ${this.#summary()}
    </form>`;
  }

  #runtimeChoice(runtimes: readonly Runtime[]): unknown {
    return html`<fieldset class="choices">
      <legend>Runtime</legend>
      ${namesOf(runtimes).map(
        ({ id, name }) =>
          html`<label class="card">
            <input
              type="radio"
              name="runtime"
              value=${id}
              .checked=${id === this.#form.values.runtime}
              @change=${() => this.#choose(id)}
            />
            <span><b>${name}</b></span>
          </label>`,
      )}
    </fieldset>`;
  }

  #versionChoice(runtimes: readonly Runtime[]): unknown {
    const { runtime, version } = this.#form.values;
    return html`<wa-select
      name="version"
      label="Version"
      .value=${version}
      @change=${(event: Event) => this.#form.set('version', String((event.target as WaSelect).value ?? ''))}
    >
      ${versionsOf(runtimes, runtime).map(
        (each) => html`<wa-option value=${each} label=${each}>${each}</wa-option>`,
      )}
      ${faultOrHint(this.#form.faults.version, undefined)}
    </wa-select>`;
  }

  #memory(): unknown {
    const { min, max, step } = memoryMiB;
    const chosen = Number(this.#form.values.memoryMiB);
    return html`<div class="memory">
      <wa-slider
        name="memoryMiB"
        label="Memory"
        min=${min}
        max=${max}
        step=${step}
        .value=${chosen}
        .valueFormatter=${memoryText}
        @input=${(event: Event) => this.#form.set('memoryMiB', String((event.target as WaSlider).value))}
        >${faultOrHint(this.#form.faults.memoryMiB, 'For everything that runs in it.')}</wa-slider
      >
      <output>${memoryText(chosen)}</output>
    </div>`;
  }

  #summary(): unknown {
    const { name, runtime, version, memoryMiB: memory } = this.#form.values;
    const chosen = this.runtimes?.find(({ id }) => id === runtime);
    return html`<aside class="card" aria-label="What you create">
      <h2 class="minor">${name.trim() || 'Your dev environment'}</h2>
      <p class="muted">
        ${chosen?.name} · ${version}<br />${memoryText(Number(memory))} memory<br />A workspace and
        a terminal
      </p>
      <zlh-problem .error=${this.error}></zlh-problem>
      <wa-button variant="brand" appearance="accent" ?loading=${this.waiting} @click=${this.#submit}
        >Create dev environment</wa-button
      >
    </aside>`;
  }

  async #load(): Promise<void> {
    this.broken = undefined;
    // For the switch; a page that stands alone has none.
    void this.connection.parts.need().then(() => this.requestUpdate());
    try {
      const { runtimes } = await ask(this.connection.client.GET('/api/catalog/runtimes'));
      this.runtimes = runtimes;
      this.#choose(usualRuntime(runtimes)?.id ?? '');
    } catch (error) {
      this.broken = asApiError(error);
    }
  }

  #choose(runtime: string): void {
    const [version = ''] = versionsOf(this.runtimes ?? [], runtime);
    this.#form.values = { ...this.#form.values, runtime, version };
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
      // Only an answer ends the attempt: asking again after silence must not make a second one.
      if (error.status !== 0) this.#key = uniqueKey();
    } finally {
      this.waiting = false;
    }
  }

  async #create(): Promise<void> {
    const { name, runtime, version, memoryMiB: memory } = this.#form.values;
    const body = {
      kind: 'dev' as const,
      name: name.trim(),
      memoryMiB: Number(memory),
      runtimes: [{ id: runtime, version }],
    };
    const params = { header: { 'Idempotency-Key': this.#key } };
    const made = await ask(this.connection.client.POST('/api/instances', { body, params }));
    this.connection.heard(made);
    this.#key = uniqueKey();
    this.emit('zlh-created', made.instance);
    this.emit('zlh-go', { path: `/servers/${made.instance.id}` });
  }
}

define('zlh-create-dev-environment', ZlhCreateDevEnvironment);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-create-dev-environment': ZlhCreateDevEnvironment;
  }
}
