/** A server's console: its output as it comes, a line to type into, and plain words where typing is not possible. */
import '@awesome.me/webawesome/dist/components/button/button.js';
import xtermCss from '@xterm/xterm/css/xterm.css?inline';
import { html, nothing, unsafeCSS } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { copyText } from '../base/browser.ts';
import { Watch } from '../base/watch.ts';
import type { Instance } from '../api/schema.ts';
import { icon } from '../theme/icons.ts';
import { count } from '../words/quantities.ts';
import { consoleClosed } from '../words/states.ts';
import { CommandHistory, historyOf } from './command-history.ts';
import { ConsoleScreen } from './console-screen.ts';
import { ConsoleSession } from './console-session.ts';
import { consoleStyles } from './console.styles.ts';

const LIVE = {
  open: 'live',
  connecting: 'connecting',
  lost: 'connection lost, trying again',
  closed: '',
} as const;

/**
 * @element zlh-console
 * @summary Console of the instance `instance-id`. Fills the height it is given.
 * @csspart console - The frame.
 */
export class ZlhConsole extends ZlhElement {
  static override styles = [base, unsafeCSS(xtermCss), consoleStyles];
  static override properties = {
    instanceId: { attribute: 'instance-id' },
    readonly: { type: Boolean },
    searching: { state: true },
    copied: { state: true },
    refusal: { state: true },
  };

  declare instanceId: string;
  /** Shows the output only. */
  declare readonly: boolean;
  declare private searching: boolean;
  declare private copied: boolean;
  /** Why what was sent last does not reach the server. */
  declare private refusal: string;
  #screen: ConsoleScreen | undefined;
  #session: ConsoleSession | undefined;
  #history = new CommandHistory();
  /** The screen is one to work in. */
  #isTerminal = false;

  constructor() {
    super();
    this.instanceId = '';
    this.readonly = false;
    this.searching = false;
    this.copied = false;
    this.refusal = '';
    new Watch(this, () => this.connection.instances, 'change');
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#session?.close();
    this.#screen?.dispose();
    this.#session = this.#screen = undefined;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#open();
  }

  protected override updated(changed: Map<string, unknown>): void {
    const isOther = ['instanceId', 'server', 'token'].some((name) => changed.has(name));
    if (isOther || this.#isTerminal !== this.#opensTerminal) this.#open();
    else if (this.#reachable && this.#session?.state === 'closed') this.#session.open();
  }

  protected override render(): unknown {
    const state = this.#session?.state ?? 'closed';
    const waiting = this.#screen?.waiting ?? 0;
    return html`<section part="console" aria-label="Console" @keydown=${this.#keys}>
      <header class="row small">
        <span class="grow">Console</span>
        <span class="live ${state}" role="status">${this.#closed ? nothing : LIVE[state]}</span>
        <button
          type="button"
          title="Search (Ctrl F)"
          aria-label="Search"
          aria-expanded=${this.searching}
          @click=${this.#toggleSearch}
        >
          ${icon('search')}
        </button>
        <button
          type="button"
          title="Copy"
          aria-label=${this.copied ? 'Copied' : 'Copy'}
          @click=${this.#copy}
        >
          ${icon(this.copied ? 'check' : 'copy')}
        </button>
      </header>
      ${this.searching ? this.#searchBar() : nothing}
      <div class="body">
        <div
          class="screen"
          tabindex=${this.#opensTerminal ? nothing : '0'}
          role="region"
          aria-label=${this.#opensTerminal ? 'Terminal' : 'Console output'}
        ></div>
        ${this.#closed && this.#screen?.empty !== false ? html`<p class="nothing">No output yet</p>` : nothing}
        ${
          waiting > 0
            ? html`<button type="button" class="more" @click=${this.#toEnd}>
                ${count(waiting, 'new line')} ${icon('arrow-down')}
              </button>`
            : nothing
        }
      </div>
      ${this.refusal === '' ? nothing : html`<p class="refusal small" role="alert">${this.refusal}</p>`}
      ${this.readonly || this.#opensTerminal ? nothing : this.#inputLine()}
    </section>`;
  }

  #searchBar(): unknown {
    const { index, count: all } = this.#screen?.matches ?? { index: -1, count: 0 };
    return html`<form class="search row" role="search" @submit=${this.#findNext}>
      <input
        type="text"
        aria-label="Search the console"
        placeholder="Search"
        autocomplete="off"
        spellcheck="false"
        @input=${() => this.#find(true)}
      />
      <span class="small" role="status">${all > 0 ? `${index + 1} of ${all}` : 'no match'}</span>
      <button type="button" aria-label="Previous match" @click=${() => this.#find(true)}>
        ${icon('chevron-up')}
      </button>
      <button type="button" aria-label="Next match" @click=${() => this.#find(false)}>
        ${icon('chevron-down')}
      </button>
      <button type="button" aria-label="Close search" @click=${this.#toggleSearch}>
        ${icon('xmark')}
      </button>
    </form>`;
  }

  #inputLine(): unknown {
    const why =
      this.#closed ??
      (this.#session?.state === 'open' ? undefined : 'Input opens when the console is connected.');
    return html`<form class="input row" @submit=${this.#submit}>
      <span aria-hidden="true">&gt;</span>
      <input
        name="command"
        aria-label="Command"
        placeholder=${why ?? 'Type a command'}
        ?readonly=${why !== undefined}
        aria-disabled=${why === undefined ? 'false' : 'true'}
        maxlength="1024"
        autocomplete="off"
        autocapitalize="off"
        spellcheck="false"
        enterkeyhint="send"
        @keydown=${this.#walk}
      />
    </form>`;
  }

  get #instance(): Instance | undefined {
    return this.connection.instances.get(this.instanceId);
  }

  get #opensTerminal(): boolean {
    return this.#instance?.kind === 'dev';
  }

  /** Why there is no typing, where that lies with the server. */
  get #closed(): string | undefined {
    return this.#instance && consoleClosed(this.#instance);
  }

  /** Before there is an agent there is nobody to ask. */
  get #reachable(): boolean {
    return this.#instance !== undefined && this.#instance.observed !== 'provisioning';
  }

  #open(): void {
    this.#session?.close();
    this.#screen?.dispose();
    const redraw = (): void => this.requestUpdate();
    const isTerminal = (this.#isTerminal = this.#opensTerminal);
    // Only a shell has one viewer's size; a game's output is shared by viewers of every width.
    const resized = (cols: number, rows: number): void => {
      if (isTerminal) this.#session?.resize(cols, rows);
    };
    const typed = (keys: string): void => {
      this.refusal = '';
      this.#session?.keys(keys);
    };
    const screen = new ConsoleScreen(
      this.renderRoot.querySelector<HTMLElement>('.screen')!,
      redraw,
      resized,
      isTerminal && !this.readonly ? typed : undefined,
    );
    this.#screen = screen;
    this.#history = historyOf(this.instanceId);
    this.#session = new ConsoleSession(this.connection, this.instanceId, {
      opened: () => {
        screen.reset();
        resized(screen.size.cols, screen.size.rows);
      },
      output: (bytes) => screen.write(bytes),
      refused: (reason) => (this.refusal = reason),
      changed: redraw,
    });
    if (this.#reachable) this.#session.open();
    else void this.#fetch();
  }

  async #fetch(): Promise<void> {
    this.connection.live.start();
    if (this.instanceId)
      await this.connection.instances.refresh(this.instanceId).catch(() => undefined);
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault();
    const input = (event.currentTarget as HTMLFormElement).elements.namedItem(
      'command',
    ) as HTMLInputElement;
    if (input.readOnly || !this.#session?.input(input.value)) return;
    this.#history.add(input.value);
    input.value = this.refusal = '';
    this.#toEnd();
  }

  #walk(event: KeyboardEvent): void {
    const input = event.currentTarget as HTMLInputElement;
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
    event.preventDefault();
    input.value =
      event.key === 'ArrowUp' ? this.#history.older(input.value) : this.#history.newer(input.value);
    input.setSelectionRange(input.value.length, input.value.length);
  }

  #keys(event: KeyboardEvent): void {
    if (this.#isTerminal) return; // each key is the program's
    const onScreen = (event.target as HTMLElement).closest('.screen') !== null;
    if (event.key === 'f' && (event.ctrlKey || event.metaKey)) void this.#toggleSearch();
    else if (event.key === 'Escape' && this.searching) void this.#toggleSearch();
    else if (!onScreen || !this.#screen?.key(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  async #toggleSearch(): Promise<void> {
    this.searching = !this.searching;
    if (!this.searching) this.#screen?.clearFound();
    await this.updateComplete;
    this.renderRoot
      .querySelector<HTMLElement>(this.searching ? '.search input' : '[aria-label="Search"]')
      ?.focus();
  }

  #find(backwards: boolean): void {
    this.#screen?.find(
      this.renderRoot.querySelector<HTMLInputElement>('.search input')?.value ?? '',
      backwards,
    );
  }

  #findNext(event: Event): void {
    event.preventDefault();
    this.#find(true);
  }

  async #copy(): Promise<void> {
    this.copied = await copyText(this.#screen?.text() ?? '');
    setTimeout(() => (this.copied = false), 1_600);
  }

  #toEnd(): void {
    this.#screen?.toEnd();
    this.requestUpdate();
  }
}

define('zlh-console', ZlhConsole);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-console': ZlhConsole;
  }
}
