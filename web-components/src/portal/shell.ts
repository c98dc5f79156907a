/** The frame around a page: navigation at the left, a drawer on a phone, and a word when the platform is not heard. */
import '@awesome.me/webawesome/dist/components/button/button.js';
import '@awesome.me/webawesome/dist/components/drawer/drawer.js';
import { html, nothing } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { commandKey } from '../base/browser.ts';
import { Watch } from '../base/watch.ts';
import { icon } from '../theme/icons.ts';
import { chooseScheme, chosenScheme } from '../theme/theme.ts';
import { isOver } from '../words/operations.ts';
import { shellStyles } from './shell.styles.ts';

/** A break shorter than this is mended before anybody could read of it. */
const PATIENCE_MS = 1_500;

const ENTRIES = [
  { id: 'servers', label: 'Servers', href: '/servers', icon: 'servers' },
  { id: 'operations', label: 'Operations', href: '/operations', icon: 'activity' },
  { id: 'account', label: 'Account', href: '/account', icon: 'user' },
] as const;

const SCHEMES = {
  system: { next: 'dark', icon: 'screen', label: 'Appearance: as the system' },
  dark: { next: 'light', icon: 'moon', label: 'Appearance: dark' },
  light: { next: 'system', icon: 'sun', label: 'Appearance: light' },
} as const;

/**
 * @element zlh-shell
 * @summary Navigation and page frame of the portal.
 * @slot - The page.
 * @event zlh-search - The palette is wanted.
 * @event zlh-sign-out - Signing out was asked for.
 */
export class ZlhShell extends ZlhElement {
  static override styles = [base, shellStyles];
  static override properties = { current: {}, drawer: { state: true }, offline: { state: true } };

  /** Entry of the navigation that the page lies under. */
  declare current: string;
  declare private drawer: boolean;
  declare private offline: boolean;
  #patience: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.current = '';
    this.drawer = false;
    this.offline = false;
    new Watch(this, () => this.connection.instances, 'change');
    new Watch(this, () => this.connection.operations, 'change');
    new Watch(
      this,
      () => this.connection.live,
      'change',
      () => this.#heard(),
    );
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#patience);
  }

  /** A new page starts at its beginning, for the eye and for the keyboard. */
  toTop(): void {
    this.drawer = false;
    const main = this.renderRoot.querySelector('main');
    main?.scrollTo(0, 0);
    main?.focus({ preventScroll: true });
  }

  protected override render(): unknown {
    return html`<header>
        <button type="button" class="skip" @click=${this.toTop}>Skip to the page</button>
        <div class="bar">
          <button
            type="button"
            class="plain"
            aria-label="Menu"
            @click=${() => (this.drawer = true)}
          >
            ${icon('menu')}
          </button>
          ${this.#brand()}
          <button
            type="button"
            class="plain"
            aria-label="Search"
            @click=${() => this.emit('zlh-search')}
          >
            ${icon('search')}
          </button>
        </div>
      </header>
      <aside aria-label="Navigation">${this.#navigation()}</aside>
      <div class="frame">
        <div role="status">${this.offline ? this.#banner() : nothing}</div>
        <main tabindex="-1"><slot></slot></main>
      </div>
      <wa-drawer
        label="Menu"
        placement="start"
        without-header
        light-dismiss
        ?open=${this.drawer}
        @wa-after-hide=${() => (this.drawer = false)}
        >${this.drawer ? this.#navigation() : nothing}</wa-drawer
      >`;
  }

  #brand(): unknown {
    return html`<a class="brand" href="/servers"
      ><img src="/favicon.svg" alt="" width="22" height="22" /> ZeroLagHub</a
    >`;
  }

  #navigation(): unknown {
    const { me } = this.connection;
    const scheme = SCHEMES[chosenScheme()];
    return html`<div class="navigation">
      ${this.#brand()}
      <button type="button" class="search" @click=${this.#search}>
        ${icon('search')}<span class="grow">Search</span><kbd>${commandKey} K</kbd>
      </button>
      <nav aria-label="Pages">
        ${ENTRIES.map(
          (entry) =>
            html`<a
              href=${entry.href}
              aria-current=${entry.id === this.current ? 'page' : nothing}
              @click=${() => (this.drawer = false)}
              >${icon(entry.icon)}<span class="grow">${entry.label}</span
              >${this.#tally(entry.id)}</a
            >`,
        )}
      </nav>
      <footer>
        <span class="grow one-line small muted" title=${me?.email ?? ''}>${me?.email}</span>
        <button
          type="button"
          class="plain"
          title=${scheme.label}
          aria-label=${scheme.label}
          @click=${() => this.#scheme(scheme.next)}
        >
          ${icon(scheme.icon)}
        </button>
        <button
          type="button"
          class="plain"
          title="Sign out"
          aria-label="Sign out"
          @click=${() => this.emit('zlh-sign-out')}
        >
          ${icon('sign-out')}
        </button>
      </footer>
    </div>`;
  }

  /** How many servers there are; how many operations run just now. */
  #tally(id: string): unknown {
    const { instances, operations } = this.connection;
    if (id === 'servers' && instances.state === 'ready')
      return html`<span class="tally">${instances.items.length}</span>`;
    const running = operations.items.filter((operation) => !isOver(operation)).length;
    if (id !== 'operations' || running === 0) return nothing;
    return html`<span class="tally busy"
      >${running}<span class="hidden-text"> running</span></span
    >`;
  }

  #banner(): unknown {
    return html`<p class="banner">
      ${icon('offline')}<span
        >The platform is not heard just now. What you see may be old; it catches up by itself.</span
      >
    </p>`;
  }

  #heard(): void {
    clearTimeout(this.#patience);
    if (this.connection.live.state === 'open') this.offline = false;
    else if (this.connection.live.state === 'lost')
      this.#patience = setTimeout(() => (this.offline = true), PATIENCE_MS);
  }

  #search(): void {
    this.drawer = false;
    this.emit('zlh-search');
  }

  #scheme(next: 'system' | 'dark' | 'light'): void {
    chooseScheme(next);
    this.requestUpdate();
  }
}

define('zlh-shell', ZlhShell);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-shell': ZlhShell;
  }
}
