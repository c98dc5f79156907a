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
import type { PortalPage } from '../api/schema.ts';
import '../part/part.ts';
import { shellStyles } from './shell.styles.ts';

/** A break shorter than this is mended before anybody could read of it. */
const PATIENCE_MS = 1_500;

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
    new Watch(this, () => this.connection.parts, 'change');
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
    return html`<a class="brand" href="/"
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
        ${this.#entries.map(
          (page) =>
            html`<a
              href=${page.path}
              aria-current=${page.id === this.current ? 'page' : nothing}
              @click=${() => (this.drawer = false)}
              >${icon(page.navigation?.icon ?? 'page')}<span class="grow">${page.label}</span
              >${this.#tally(page)}</a
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

  get #entries(): readonly PortalPage[] {
    return this.connection.parts.list.pages.filter((page) => page.navigation !== undefined);
  }

  #tally({ navigation }: PortalPage): unknown {
    const tally = navigation?.tally;
    return tally ? html`<zlh-part quiet .source=${tally}></zlh-part>` : nothing;
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
