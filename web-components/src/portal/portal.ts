/**
 * The portal: navigation around the page that the address means, and what concerns every page: who is signed in,
 * whether the platform is heard, news from elsewhere, the palette and the keys.
 */
import '@awesome.me/webawesome/dist/components/drawer/drawer.js';
import '../palette/palette.ts';
import '../problem/problem.ts';
import '../toasts/toasts.ts';
import './shell.ts';
import { html, nothing } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { Watch } from '../base/watch.ts';
import type { Instance, Operation } from '../api/schema.ts';
import type { User } from '../api/schema.ts';
import type { Toast } from '../toasts/toasts.ts';
import { applyScheme } from '../theme/theme.ts';
import { isOver, operationTitle } from '../words/operations.ts';
import { commandsFor } from './commands.ts';
import { follow, go } from './navigation.ts';
import { pages } from './pages.ts';
import type { PortalPage } from './pages.ts';
import { find, safeNext } from './route.ts';
import type { Found } from './route.ts';
import { Session } from './session.ts';
import { portalStyles } from './portal.styles.ts';

/**
 * @element zlh-portal
 * @summary The whole portal. Expects the page for itself.
 */
export class ZlhPortal extends ZlhElement {
  static override styles = [base, portalStyles];
  static override properties = { loaded: { state: true } };

  /** The page whose code has arrived. */
  declare private loaded: PortalPage | undefined;
  #session = new Session(this.connection, () => this.#arrive());
  #found: Found<PortalPage> | undefined;
  /** The server whose end was told as its page closed. */
  #toldGone = '';
  #unfollow = (): void => {};
  #onKey = (event: KeyboardEvent): void => this.#key(event);

  constructor() {
    super();
    new Watch(
      this,
      () => this.connection.instances,
      'change',
      () => this.#title(),
    );
    new Watch(
      this,
      () => this.connection,
      'operation',
      (event) => this.#news((event as CustomEvent<Operation>).detail),
    );
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
    if (page?.door) return this.#door();
    if (state === 'out') return nothing;
    return html`<zlh-shell
      current=${page?.under ?? ''}
      @zlh-sign-out=${this.#signOut}
      @zlh-search=${() => this.#palette()}
      @zlh-created=${(event: CustomEvent<Instance>) => go(`/servers/${event.detail.id}`)}
      @zlh-gone=${this.#gone}
      >${page ? this.#page() : this.#nowhere()}</zlh-shell
    >`;
  }

  #page(): unknown {
    const found = this.#found;
    if (!found || this.loaded !== found.page) return html`<div aria-busy="true"></div>`;
    return found.page.render(found.place);
  }

  #door(): unknown {
    return html`<main
      class="center"
      @zlh-signed-in=${(event: CustomEvent<User>) => this.#entered(event.detail)}
    >
      <p class="brand"><img src="/favicon.svg" alt="" width="28" height="28" /> ZeroLagHub</p>
      ${this.#page()} ${this.#session.setupRequired ? this.#setupNote() : nothing}
    </main>`;
  }

  /** A new platform has nobody who could sign in. */
  #setupNote(): unknown {
    if (location.pathname === '/setup') return nothing;
    return html`<p class="card note" role="status">
      <b>This platform is new.</b> It printed a set-up link when it started: open that link to
      become its first administrator.
    </p>`;
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
        It may have been deleted, or the link is wrong. <a href="/servers">Go to your servers</a>
      </p>
    </section>`;
  }

  /** Brings page and address together, wherever either came from. */
  #arrive(): void {
    const { state } = this.#session;
    if (location.pathname === '/') return go('/servers', 'replace');
    const before = this.#found;
    this.#found = find(pages, location.pathname, location.search);
    const page = this.#found?.page;
    if (state === 'out' && !page?.door) return this.#toDoor();
    if (state === 'in' && page?.door) return go(safeNext(this.#found?.place['next']), 'replace');
    this.#title();
    if (page && page !== this.loaded) void this.#load(page);
    if (before && before.page.under !== page?.under) this.#toTop();
    this.requestUpdate();
  }

  #toDoor(): void {
    const next = location.pathname + location.search;
    go(next === '/servers' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(next)}`, 'replace');
  }

  async #load(page: PortalPage): Promise<void> {
    await page.load();
    this.loaded = page;
  }

  #entered(user: User): void {
    this.#session.entered(user);
  }

  #signOut(): void {
    void this.#session.leave().catch(() => undefined);
  }

  #title(): void {
    const { page, place } = this.#found ?? {};
    const name = place?.['id'] && this.connection.instances.get(place['id'])?.name;
    document.title = `${name ?? page?.title ?? 'Not found'} · ZeroLagHub`;
  }

  #toTop(): void {
    this.renderRoot.querySelector('zlh-shell')?.toTop();
  }

  #gone({ detail }: CustomEvent<{ instanceId: string; name: string }>): void {
    if (!detail.name) return;
    this.#toldGone = detail.instanceId;
    this.#toast({ tone: 'ok', text: `${detail.name}: deleted.` });
    go('/servers', 'replace');
  }

  /** Says what ended elsewhere. What one looks at needs no telling. */
  #news(operation: Operation): void {
    const { instanceId } = operation;
    if (
      !isOver(operation) ||
      (instanceId && location.pathname.startsWith(`/servers/${instanceId}`))
    )
      return;
    const instance = instanceId ? this.connection.instances.get(instanceId) : undefined;
    const failed = operation.state === 'failed';
    const deleted = operation.kind === 'instances.delete' && !failed;
    if (deleted && instanceId === this.#toldGone) return;
    const name = instance?.name ?? operation.title.replace(/^\S+ /, '');
    this.#toast({
      tone: failed ? 'bad' : 'ok',
      text: `${name}: ${operationTitle(operation).toLowerCase()}.`,
      ...(instanceId && !deleted ? { link: { href: `/servers/${instanceId}`, text: 'Open' } } : {}),
    });
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
      if (!this.renderRoot.querySelector('zlh-instances')?.focusSearch()) this.#palette();
    }
  }

  #palette(): void {
    const page = this.renderRoot.querySelector('zlh-instance-page');
    void this.renderRoot.querySelector('zlh-palette')?.show(
      commandsFor({
        connection: this.connection,
        instance: page ? this.connection.instances.get(page.instanceId) : undefined,
        actions: page?.actions,
        signOut: () => this.#signOut(),
      }),
    );
  }
}

/** Keys belong to whatever one types into, however deep it lies. */
function isTyping(event: KeyboardEvent): boolean {
  const target = event.composedPath()[0];
  return (
    target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]')
  );
}

define('zlh-portal', ZlhPortal);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-portal': ZlhPortal;
  }
}
