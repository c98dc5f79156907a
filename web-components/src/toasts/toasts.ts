/** Short news in the corner: something ended elsewhere, and the way there. Faults stay until they are closed. */
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { icon } from '../theme/icons.ts';
import { toastsStyles } from './toasts.styles.ts';

export interface Toast {
  tone: 'ok' | 'bad' | 'busy';
  text: string;
  link?: { href: string; text: string };
  /** Of several with one key the first is shown. */
  key?: string;
}

const STAY_MS = 7_000;
const MOST = 4;
const MOST_KEYS = 100;

/**
 * @element zlh-toasts
 * @summary Stack of toasts. `show(toast)` adds one; they wait while the pointer or focus is on them.
 */
export class ZlhToasts extends ZlhElement {
  static override styles = [base, toastsStyles];
  static override properties = { shown: { state: true } };

  declare private shown: readonly (Toast & { id: number })[];
  #next = 1;
  #keys = new Set<string>();
  #timers = new Map<number, ReturnType<typeof setTimeout>>();

  constructor() {
    super();
    this.shown = [];
  }

  show(toast: Toast): void {
    if (toast.key !== undefined) {
      if (this.#keys.has(toast.key)) return;
      this.#keys.add(toast.key);
      if (this.#keys.size > MOST_KEYS) this.#keys.delete([...this.#keys][0] ?? '');
    }
    const id = this.#next++;
    this.shown = [...this.shown.slice(1 - MOST), { ...toast, id }];
    this.#leaveLater();
  }

  protected override render(): unknown {
    return html`<div
      role="status"
      @pointerenter=${this.#stay}
      @pointerleave=${this.#leaveLater}
      @focusin=${this.#stay}
      @focusout=${this.#leaveLater}
    >
      ${repeat(
        this.shown,
        ({ id }) => id,
        ({ id, tone, text, link }) =>
          html`<div class="toast ${tone}">
            <span class="mark" aria-hidden="true"></span>
            <p class="grow">
              ${text}
              ${link ? html`<a href=${link.href} @click=${() => this.#close(id)}>${link.text}</a>` : nothing}
            </p>
            <button type="button" aria-label="Close" @click=${() => this.#close(id)}>
              ${icon('xmark')}
            </button>
          </div>`,
      )}
    </div>`;
  }

  #leaveLater(): void {
    for (const { id, tone } of this.shown) {
      if (tone === 'bad' || this.#timers.has(id)) continue;
      this.#timers.set(
        id,
        setTimeout(() => this.#close(id), STAY_MS),
      );
    }
  }

  #stay(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #close(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    this.shown = this.shown.filter((toast) => toast.id !== id);
  }
}

define('zlh-toasts', ZlhToasts);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-toasts': ZlhToasts;
  }
}
