/**
 * The portal: navigation around the page that the address means. It knows no feature: plugins add all pages.
 * Its own are the session, toasts, the palette and the keys.
 */
import '@awesome.me/webawesome/dist/components/drawer/drawer.js';
import '../palette/palette.ts';
import '../problem/problem.ts';
import '../toasts/toasts.ts';
import '../part/part.ts';
import './shell.ts';
import { html, nothing } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { Watch } from '../base/watch.ts';
import type { PortalPage, User } from '../api/schema.ts';
import type { ZlhPart } from '../part/part.ts';
import type { Toast } from '../toasts/toasts.ts';
import { applyScheme } from '../theme/theme.ts';
import { commandsFor } from './commands.ts';
import { follow, go } from './navigation.ts';
import { find, safeNext } from './route.ts';
import type { Found } from './route.ts';
import { Session } from './session.ts';
import { portalStyles } from './portal.styles.ts';

/** A page may offer this to the portal. */
interface PageElement extends HTMLElement {
  /** Puts the cursor into the page's search; false when there is none. */
  focusSearch?(): boolean;
}

/**
 * @element zlh-portal
 * @summary The whole portal. Expects the page for itself.
 */
export class ZlhPortal extends ZlhElement {
  static override styles = [base, portalStyles];

  #session = new Session(this.connection, () => this.#arrive());
  #found: Found<PortalPage> | undefined;
  /** How the page calls what it shows. */
  #name = '';
  #unfollow = (): void => {};
  #onKey = (event: KeyboardEvent): void => this.#key(event);

  constructor() {
    super();
    new Watch(this, () => this.connection.parts, 'change');
    this.addEventListener('zlh-go', ({ detail }) => go(detail.path, detail.how));
    this.addEventListener('zlh-toast', ({ detail }) => this.#toast(detail));
    this.addEventListener('zlh-title', ({ detail }) => {
      this.#name = detail;
      this.#title();
    });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    applyScheme();
    this.#unfollow = follow(() => this.#arrive());
    document.addEventListener('keydown', this.#onKey);
    void this.#session.ask();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unfollow();
    document.removeEventListener('keydown', this.#onKey);
  }

  protected override render(): unknown {
    return html`${this.#view()}<zlh-palette></zlh-palette><zlh-toasts></zlh-toasts>`;
  }

  #view(): unknown {
    const { state, error } = this.#session;
    if (state === 'unknown') return this.#unreachable(error);
    if (state === 'asking') return html`<div class="center" aria-busy="true"></div>`;
    const page = this.#found?.page;
    if (page?.public) return this.#outside();
    if (state === 'out') return nothing;
    return html`<zlh-shell
        current=${entryOf(page)}
        @zlh-sign-out=${this.#signOut}
        @zlh-search=${() => this.#palette()}
        >${page ? this.#page() : this.#nowhere()}</zlh-shell
      >
      ${this.connection.parts.list.notices.map(
        (notice) => html`<zlh-part hidden quiet .source=${notice}></zlh-part>`,
      )}`;
  }

  #page(): unknown {
    const { page, place, query } = this.#found!;
    const { setupRequired } = this.#session;
    const own = page.public ? { setupRequired } : {};
    return html`<zlh-part
      class="page"
      .source=${page}
      .values=${{ ...page.properties, ...place, addressQuery: query, ...own }}
    ></zlh-part>`;
  }

  /** A page for those who are not signed in. */
  #outside(): unknown {
    return html`<main
      class="center"
      @zlh-signed-in=${(event: CustomEvent<User>) => void this.#session.entered(event.detail)}
    >
      <p class="brand"><img src="/favicon.svg" alt="" width="28" height="28" /> ZeroLagHub</p>
      ${this.#page()}
    </main>`;
  }

  #unreachable(error: Session['error']): unknown {
    return html`<main class="center">
      <zlh-problem .error=${error}
        ><wa-button appearance="filled-outlined" @click=${() => this.#session.ask()}
          >Try again</wa-button
        ></zlh-problem
      >
    </main>`;
  }

  #nowhere(): unknown {
    return html`<section>
      <h1>There is nothing at this address</h1>
      <p class="muted">
        It may have been deleted, or the link is wrong. <a href="/">Go to the first page</a>
      </p>
    </section>`;
  }

  /** Brings page and address together, wherever either came from. */
  #arrive(): void {
    const { state } = this.#session;
    const { pages } = this.connection.parts.list;
    const before = this.#found;
    this.#found = find(pages, location.pathname, location.search);
    const { page, query } = this.#found ?? {};
    if (location.pathname === '/' && state === 'in') return this.#toStart();
    if (state === 'out' && !page?.public) return this.#toDoor();
    if (state === 'in' && page?.public) return go(safeNext(query?.['next']), 'replace');
    if (before?.page !== page || before?.place['instanceId'] !== this.#found?.place['instanceId'])
      this.#name = '';
    this.#title();
    if (before && entryOf(before.page) !== entryOf(page)) this.#toTop();
    this.requestUpdate();
  }

  /** The first page of the navigation. */
  #toStart(): void {
    const { pages } = this.connection.parts.list;
    const first = pages.find(({ navigation }) => navigation !== undefined);
    if (first) go(first.path, 'replace');
    else this.requestUpdate();
  }

  /** The first page for strangers, with the way back. */
  #toDoor(): void {
    const door = this.connection.parts.list.pages.find((page) => page.public);
    if (!door) return this.requestUpdate();
    const next = location.pathname + location.search;
    go(next === '/' ? door.path : `${door.path}?next=${encodeURIComponent(next)}`, 'replace');
  }

  #signOut(): void {
    void this.#session.leave().catch(() => undefined);
  }

  #title(): void {
    document.title = `${this.#name || (this.#found?.page.label ?? 'Not found')} · ZeroLagHub`;
  }

  #toTop(): void {
    this.renderRoot.querySelector('zlh-shell')?.toTop();
  }

  #toast(toast: Toast): void {
    this.renderRoot.querySelector('zlh-toasts')?.show(toast);
  }

  #key(event: KeyboardEvent): void {
    if (this.#session.state !== 'in') return;
    if (event.key === 'k' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.#palette();
    } else if (event.key === '/' && !isTyping(event)) {
      event.preventDefault();
      if (!this.#pageElement?.focusSearch?.()) this.#palette();
    }
  }

  get #pageElement(): PageElement | undefined {
    return this.renderRoot.querySelector<ZlhPart>('zlh-part.page')?.content;
  }

  #palette(): void {
    const palette = this.renderRoot.querySelector('zlh-palette');
    const { connection } = this;
    const { now, all } = commandsFor({
      parts: connection.parts.list,
      context: { connection, page: this.#pageElement, go },
      signOut: () => this.#signOut(),
    });
    void palette?.show(now);
    void all.then((commands) => palette?.offer(commands));
  }
}

/** The entry of the navigation that a page lies under: its own, or that of another page. */
const entryOf = (page: PortalPage | undefined) =>
  page?.navigation ? page.id : (page?.under ?? '');

/** Keys belong to whatever one types into, however deep it lies. */
function isTyping(event: KeyboardEvent): boolean {
  const target = event.composedPath()[0];
  return (
    target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]')
  );
}

define('zlh-portal', ZlhPortal);

declare global {
  /** Pages, tabs and notices ask the portal by these events. */
  interface HTMLElementEventMap {
    'zlh-go': CustomEvent<{ path: string; how?: 'push' | 'replace' }>;
    'zlh-toast': CustomEvent<Toast>;
    'zlh-title': CustomEvent<string>;
  }
  interface HTMLElementTagNameMap {
    'zlh-portal': ZlhPortal;
  }
}
