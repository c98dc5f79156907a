/** Everything one can go to or do, found by typing a few letters: `Ctrl K`. */
import { html, nothing } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { icon } from '../theme/icons.ts';
import type { Command } from './command.ts';
import { matching } from './matching.ts';
import { paletteStyles } from './palette.styles.ts';

const MOST = 9;

/**
 * @element zlh-palette
 * @summary Dialog that finds and runs one of the commands it is shown with.
 */
export class ZlhPalette extends ZlhElement {
  static override styles = [base, paletteStyles];
  static override properties = {
    commands: { state: true },
    query: { state: true },
    place: { state: true },
  };

  declare private commands: readonly Command[];
  declare private query: string;
  declare private place: number;

  constructor() {
    super();
    this.commands = [];
    this.query = '';
    this.place = 0;
  }

  async show(commands: readonly Command[]): Promise<void> {
    this.commands = commands;
    this.query = '';
    this.place = 0;
    await this.updateComplete;
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  /** More of them, while it is open. */
  offer(commands: readonly Command[]): void {
    this.commands = commands;
  }

  close(): void {
    this.#dialog.close();
  }

  protected override render(): unknown {
    const found = this.#found;
    return html`<dialog aria-label="Go to or do" @click=${this.#outside}>
      <div class="search row">
        ${icon('search')}
        <input
          role="combobox"
          aria-label="Search servers and actions"
          aria-expanded="true"
          aria-controls="found"
          aria-activedescendant=${found.length > 0 ? `command-${this.place}` : nothing}
          placeholder="Search servers and actions"
          autocomplete="off"
          spellcheck="false"
          autofocus
          .value=${this.query}
          @input=${this.#typed}
          @keydown=${this.#keys}
        />
        <kbd aria-hidden="true">Esc</kbd>
      </div>
      <ul id="found" role="listbox" aria-label="Found">
        ${found.map((command, index) => this.#option(command, index))}
      </ul>
      ${found.length === 0 ? html`<p class="muted none" role="status">Nothing matches “${this.query}”.</p>` : nothing}
    </dialog>`;
  }

  #option(command: Command, index: number): unknown {
    return html`<li
      id="command-${index}"
      role="option"
      aria-selected=${index === this.place}
      @pointermove=${() => (this.place = index)}
      @click=${() => this.#run(command)}
    >
      ${icon(command.icon)}<span class="grow one-line">${command.label}</span>
      <span class="small muted one-line">${command.note ?? ''}</span>
    </li>`;
  }

  get #dialog(): HTMLDialogElement {
    return this.renderRoot.querySelector('dialog')!;
  }

  get #found(): readonly Command[] {
    return matching(this.commands, this.query, ({ label, note = '' }) => `${label} ${note}`).slice(
      0,
      MOST,
    );
  }

  #typed(event: Event): void {
    this.query = (event.target as HTMLInputElement).value;
    this.place = 0;
  }

  #keys(event: KeyboardEvent): void {
    const found = this.#found;
    const command = found[this.place];
    if (event.key === 'ArrowDown') this.place = (this.place + 1) % Math.max(1, found.length);
    else if (event.key === 'ArrowUp')
      this.place = (this.place + found.length - 1) % Math.max(1, found.length);
    else if (event.key === 'Enter' && command) this.#run(command);
    else return;
    event.preventDefault();
  }

  #outside(event: Event): void {
    if (event.target === event.currentTarget) this.close();
  }

  #run(command: Command): void {
    this.close();
    command.run();
  }
}

define('zlh-palette', ZlhPalette);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-palette': ZlhPalette;
  }
}
