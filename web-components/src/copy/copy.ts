/** A small button that copies a text and says that it did. */
import { html } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { copyText } from '../base/browser.ts';
import { copyStyles } from './copy.styles.ts';

const SAY_FOR_MS = 1_600;

/**
 * @element zlh-copy
 * @summary Copies `value`; reads "Copied" for a moment afterwards.
 * @csspart button - The button.
 */
export class ZlhCopy extends ZlhElement {
  static override styles = [base, copyStyles];
  static override properties = { value: {}, label: {}, what: {}, outcome: { state: true } };

  declare value: string;
  /** The button's word. */
  declare label: string;
  /** What is copied, for those who hear the button without its surroundings: "address". */
  declare what: string;
  declare private outcome: '' | 'Copied' | 'Copy it by hand';
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.value = '';
    this.label = 'Copy';
    this.what = '';
    this.outcome = '';
  }

  protected override render(): unknown {
    return html`<button part="button" type="button" @click=${this.#copy}>
      <span aria-live="polite">${this.outcome || this.label}</span>
      <span class="hidden-text">${this.outcome ? '' : this.what}</span>
    </button>`;
  }

  async #copy(): Promise<void> {
    this.outcome = (await copyText(this.value)) ? 'Copied' : 'Copy it by hand';
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.outcome = ''), SAY_FOR_MS);
  }
}

define('zlh-copy', ZlhCopy);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-copy': ZlhCopy;
  }
}
