/** A server's page: header, what is being done to it, its figures, and the tabs that plugins add. */
import '../instance-header/instance-header.ts';
import '../operation-strip/operation-strip.ts';
import '../part/part.ts';
import '../problem/problem.ts';
import { html, nothing } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { Watch } from '../base/watch.ts';
import { ApiError, asApiError } from '../api/problem.ts';
import { fits } from '../api/parts.ts';
import type { Instance, Operation, PortalTab } from '../api/schema.ts';
import type { ZlhInstanceActions } from '../instance-actions/instance-actions.ts';
import { isOver } from '../words/operations.ts';
import { instancePageStyles } from './instance-page.styles.ts';
import { StatusFeed } from './status-feed.ts';

const noSuchTab = {
  message: 'There is no such tab here.',
  hint: 'Choose one above.',
  code: 'portal.no-such-tab',
};

/**
 * @element zlh-instance-page
 * @summary Everything about the instance `instance-id`, with the `tab` open.
 * @event zlh-title - The name to call the page by; `detail` is the text.
 * @event zlh-gone - The instance does not exist any more; `detail.name` is empty when it never did.
 */
export class ZlhInstancePage extends ZlhElement {
  static override styles = [base, instancePageStyles];
  static override properties = {
    instanceId: { attribute: 'instance-id' },
    tab: {},
    error: { state: true },
    failure: { state: true },
  };

  declare instanceId: string;
  /** Id of the open tab; empty for the first. */
  declare tab: string;
  declare private error: ApiError | undefined;
  /** An operation that failed while one looked, shown until it is dismissed. */
  declare private failure: Operation | undefined;
  #feed = new StatusFeed(this, () => this.#instance);
  /** Name of the instance, once it was seen. */
  #name = '';

  constructor() {
    super();
    this.instanceId = '';
    this.tab = '';
    new Watch(this, () => this.connection.parts, 'change');
    new Watch(
      this,
      () => this.connection.instances,
      'change',
      () => this.#changed(),
    );
    new Watch(
      this,
      () => this.connection,
      'operation',
      (event) => this.#ended((event as CustomEvent<Operation>).detail),
    );
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.connection.live.start();
    void this.connection.parts.need();
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('instanceId') || !this.instanceId) return;
    this.error = this.failure = undefined;
    this.#name = '';
    void this.#fetch();
  }

  protected override render(): unknown {
    const instance = this.#instance;
    if (this.error && !instance) return html`<zlh-problem .error=${this.error}></zlh-problem>`;
    return html`<zlh-instance-header
        .instance=${instance}
        .status=${this.#feed.status}
        server=${this.server}
        token=${this.token}
        @zlh-failed=${(event: CustomEvent<ApiError>) => (this.error = event.detail)}
      ></zlh-instance-header>
      ${this.#tabs()}
      <zlh-problem .error=${this.error}></zlh-problem>
      ${this.#consent()} ${this.#work(instance)}
      ${instance ? this.#body(instance) : html`<span class="skeleton body"></span>`}`;
  }

  /** The first one's address is the page's own. */
  #tabs(): unknown {
    const tabs = this.#fitting;
    return html`<nav class="tabs" aria-label="Server">
      ${tabs.map(
        (tab, index) =>
          html`<a
            href=${this.link(`/servers/${this.instanceId}${index === 0 ? '' : `/${tab.id}`}`)}
            aria-current=${tab === this.#open ? 'page' : nothing}
            >${tab.label}</a
          >`,
      )}
    </nav>`;
  }

  /** The server does not start until it is given again. */
  #consent(): unknown {
    const consent = this.#feed.status?.consent;
    if (!consent) return nothing;
    const error = new ApiError({ status: 409, title: 'Terms not accepted', ...consent });
    return html`<zlh-problem class="consent" .error=${error}></zlh-problem>`;
  }

  get #fitting(): readonly PortalTab[] {
    const instance = this.#instance;
    return this.connection.parts.list.instanceTabs.filter(
      (tab) => instance === undefined || fits(tab, instance),
    );
  }

  get #open(): PortalTab | undefined {
    const tabs = this.#fitting;
    return this.tab ? tabs.find(({ id }) => id === this.tab) : tabs[0];
  }

  #work(instance: Instance | undefined): unknown {
    const operation = instance?.operation ?? this.failure;
    if (!operation) return nothing;
    return html`<zlh-operation-strip
      .operation=${operation}
      server=${this.server}
      token=${this.token}
      @zlh-dismiss=${() => (this.failure = undefined)}
    ></zlh-operation-strip>`;
  }

  #body(instance: Instance): unknown {
    const { parts } = this.connection;
    const open = this.#open;
    if (parts.error) return html`<zlh-problem .error=${parts.error}></zlh-problem>`;
    if (!open)
      return parts.state === 'ready'
        ? html`<zlh-problem .error=${noSuchTab}></zlh-problem>`
        : html`<span class="skeleton body"></span>`;
    const { status, readings } = this.#feed;
    return html`<zlh-part
      .source=${open}
      .values=${{
        instanceId: instance.id,
        instance,
        status,
        readings,
        server: this.server,
        token: this.token,
      }}
      server=${this.server}
    ></zlh-part>`;
  }

  /** For the palette: what one can do to the server shown. */
  get actions(): ZlhInstanceActions | undefined {
    const header = this.renderRoot.querySelector('zlh-instance-header');
    return header?.renderRoot.querySelector('zlh-instance-actions') ?? undefined;
  }

  get #instance(): Instance | undefined {
    return this.connection.instances.get(this.instanceId);
  }

  async #fetch(): Promise<void> {
    try {
      const instance = await this.connection.instances.refresh(this.instanceId);
      if (instance) this.#call(instance.name);
      else this.#gone();
    } catch (error) {
      this.error = asApiError(error);
    }
  }

  #changed(): void {
    this.requestUpdate();
    const name = this.#instance?.name;
    if (name) this.#call(name);
    else if (this.#name) this.#gone();
  }

  #call(name: string): void {
    if (name !== this.#name) this.emit('zlh-title', name);
    this.#name = name;
  }

  #gone(): void {
    const detail = 'There is no such server, or it is not yours to see.';
    this.error = new ApiError({
      status: 404,
      title: 'Gone',
      detail,
      code: 'http.not-found',
      hint: 'Go back to your servers.',
    });
    const name = this.#name;
    this.#name = '';
    this.emit('zlh-gone', { instanceId: this.instanceId, name });
    if (!name) return;
    this.emit('zlh-toast', {
      tone: 'ok',
      text: `${name}: deleted.`,
      key: `gone ${this.instanceId}`,
    });
    this.emit('zlh-go', { path: '/servers', how: 'replace' });
  }

  #ended(operation: Operation): void {
    if (operation.instanceId !== this.instanceId) return;
    this.error = undefined;
    this.failure = isOver(operation) && operation.state === 'failed' ? operation : undefined;
  }
}

define('zlh-instance-page', ZlhInstancePage);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-instance-page': ZlhInstancePage;
  }
}
