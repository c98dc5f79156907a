/** A server's page: header, what is being done to it, its figures, and its tabs. The console is the first of them. */
import '../instance-activity/instance-activity.ts';
import '../instance-details/instance-details.ts';
import '../instance-figures/instance-figures.ts';
import '../instance-header/instance-header.ts';
import '../operation-strip/operation-strip.ts';
import '../problem/problem.ts';
import { html, nothing } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { Watch } from '../base/watch.ts';
import { ApiError, asApiError } from '../api/problem.ts';
import type { Instance, Operation } from '../api/schema.ts';
import type { ZlhInstanceActions } from '../instance-actions/instance-actions.ts';
import { isOver } from '../words/operations.ts';
import { instancePageStyles } from './instance-page.styles.ts';
import { StatusFeed } from './status-feed.ts';

export type Tab = 'console' | 'activity' | 'details';

const TABS: readonly { id: Tab; label: string; path: string }[] = [
  { id: 'console', label: 'Console', path: '' },
  { id: 'activity', label: 'Activity', path: '/activity' },
  { id: 'details', label: 'Details', path: '/details' },
];

/** States in which there is something to measure. */
const UP: ReadonlySet<Instance['observed']> = new Set([
  'starting',
  'running',
  'stopping',
  'unreachable',
]);

/**
 * @element zlh-instance-page
 * @summary Everything about the instance `instance-id`, with the `tab` open.
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
  declare tab: Tab;
  declare private error: ApiError | undefined;
  /** An operation that failed while one looked, shown until it is dismissed. */
  declare private failure: Operation | undefined;
  #feed = new StatusFeed(this, () => this.#instance);
  /** Name of the instance, once it was seen. */
  #name = '';

  constructor() {
    super();
    this.instanceId = '';
    this.tab = 'console';
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
    void import('../console/console.ts');
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

  #tabs(): unknown {
    return html`<nav class="tabs" aria-label="Server">
      ${TABS.map(
        ({ id, label, path }) =>
          html`<a
            href=${this.link(`/servers/${this.instanceId}${path}`)}
            aria-current=${id === this.tab ? 'page' : nothing}
            >${label}</a
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
    const { status, readings } = this.#feed;
    if (this.tab === 'activity') {
      return html`<zlh-instance-activity
        instance-id=${instance.id}
        server=${this.server}
        token=${this.token}
      ></zlh-instance-activity>`;
    }
    if (this.tab === 'details') {
      return html`<zlh-instance-details
        .instance=${instance}
        .status=${status}
      ></zlh-instance-details>`;
    }
    return html`${
        UP.has(instance.observed)
          ? html`<zlh-instance-figures
              .instance=${instance}
              .status=${status}
              .readings=${readings}
            ></zlh-instance-figures>`
          : nothing
      }
      <zlh-console
        instance-id=${instance.id}
        server=${this.server}
        token=${this.token}
      ></zlh-console>`;
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
      if (!(await this.connection.instances.refresh(this.instanceId))) this.#gone();
    } catch (error) {
      this.error = asApiError(error);
    }
  }

  #changed(): void {
    this.requestUpdate();
    if (this.#instance) this.#name = this.#instance.name;
    else if (this.#name) this.#gone();
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
    this.emit('zlh-gone', { instanceId: this.instanceId, name: this.#name });
    this.#name = '';
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
