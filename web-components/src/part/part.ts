/**
 * The place of one part: brings in its module, shows its element, and hands it its values.
 *
 * Guarantees: a part that cannot be loaded, made or drawn shows a problem in this place, and nothing else
 * on the page is disturbed.
 */
import '@awesome.me/webawesome/dist/components/button/button.js';
import '../problem/problem.ts';
import { html, nothing } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { ApiError, asApiError } from '../api/problem.ts';
import { loadElement, type ElementModule } from './load-module.ts';
import { partStyles } from './part.styles.ts';

type Values = Readonly<Record<string, unknown>>;

/**
 * @element zlh-part
 * @summary Shows the element of `source`, with `values` as its properties.
 */
export class ZlhPart extends ZlhElement {
  static override styles = [base, partStyles];
  static override properties = {
    source: { attribute: false },
    values: { attribute: false },
    quiet: { type: Boolean },
    content: { state: true },
    error: { state: true },
  };

  declare source: ElementModule | undefined;
  declare values: Values;
  /** A fault is a mark and not a notice, where there is no room for one. */
  declare quiet: boolean;
  /** The element, once it stands there. */
  declare content: HTMLElement | undefined;
  declare private error: ApiError | undefined;
  #attempt = 0;

  constructor() {
    super();
    this.values = {};
    this.quiet = false;
    this.addEventListener('zlh-broken', (event) => this.#broke(event as CustomEvent<unknown>));
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    const before = changed.get('source') as ElementModule | undefined;
    if (changed.has('source') && !isSame(before, this.source)) void this.#show();
    else if (changed.has('values') && this.content) Object.assign(this.content, this.values);
  }

  protected override render(): unknown {
    if (this.error && this.quiet)
      return html`<span class="mark" title=${this.error.message}
        ><span aria-hidden="true">!</span
        ><span class="hidden-text">${this.error.message}</span></span
      >`;
    if (this.error)
      return html`<zlh-problem .error=${this.error}
        ><wa-button appearance="filled-outlined" @click=${() => this.#again()}
          >Try again</wa-button
        ></zlh-problem
      >`;
    return this.content ?? (this.quiet ? nothing : html`<div aria-busy="true"></div>`);
  }

  async #show(): Promise<void> {
    const { source } = this;
    this.content = this.error = undefined;
    if (source === undefined) return;
    try {
      await loadElement(source, this.server, this.#attempt);
      if (!isSame(source, this.source)) return;
      this.content = this.#make(source.element);
      await this.updateComplete;
      // Elements that are not the SDK's tell a first drawing that failed here, if they are Lit's at all.
      await (this.content as { updateComplete?: Promise<unknown> } | undefined)?.updateComplete;
    } catch (error) {
      if (isSame(source, this.source)) this.#fail(error);
    }
  }

  /** An element whose constructor throws is made as an unknown one. */
  #make(name: string): HTMLElement {
    const element = document.createElement(name);
    if (!(element instanceof (customElements.get(name) ?? HTMLUnknownElement))) throw broken();
    return Object.assign(element, this.values);
  }

  #again(): void {
    this.#attempt++;
    void this.#show();
  }

  #broke(event: CustomEvent<unknown>): void {
    event.stopPropagation();
    event.preventDefault();
    // oxlint-disable-next-line no-console -- the author of a plugin looks there
    console.error(event.detail);
    this.#fail(broken());
  }

  #fail(error: unknown): void {
    this.content = undefined;
    this.error = error instanceof ApiError ? error : asApiError(broken());
  }
}

function isSame(a: ElementModule | undefined, b: ElementModule | undefined): boolean {
  return a?.element === b?.element && a?.module === b?.module;
}

function broken(): ApiError {
  return new ApiError({
    status: 0,
    title: 'Broken',
    detail: 'This part has a fault and cannot be shown.',
    code: 'portal.part-broken',
    hint: 'Try again. If it stays, tell whoever made the plugin.',
  });
}

define('zlh-part', ZlhPart);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-part': ZlhPart;
  }
}
