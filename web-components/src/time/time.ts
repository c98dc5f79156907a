/** A moment, said relative to now and kept true; the exact time on hover. */
import { html } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { ago, exact, nextChange, since } from '../words/times.ts';
import { timeStyles } from './time.styles.ts';

/**
 * @element zlh-time
 * @summary A moment as "12 s ago", or with `mode="since"` as the span "3 d 4 h".
 */
export class ZlhTime extends ZlhElement {
  static override styles = [base, timeStyles];
  static override properties = { at: {}, mode: {} };

  /** ISO 8601. */
  declare at: string;
  declare mode: 'ago' | 'since';
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.at = '';
    this.mode = 'ago';
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.requestUpdate();
  }

  protected override updated(): void {
    clearTimeout(this.#timer);
    if (this.at) this.#timer = setTimeout(() => this.requestUpdate(), nextChange(this.at));
  }

  protected override render(): unknown {
    if (!this.at) return '';
    const words = this.mode === 'since' ? since(this.at) : ago(this.at);
    return html`<time part="time" datetime=${this.at} title=${exact(this.at)}>${words}</time>`;
  }
}

define('zlh-time', ZlhTime);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-time': ZlhTime;
  }
}
