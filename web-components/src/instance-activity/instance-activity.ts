/** What was done to a server and how it ended, newest first; each entry opens to its phases. */
import '@awesome.me/webawesome/dist/components/button/button.js';
import '../operation-list/operation-list.ts';
import { html } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { Watch } from '../base/watch.ts';
import { ask } from '../api/client.ts';
import { asApiError } from '../api/problem.ts';
import type { ApiError } from '../api/problem.ts';
import type { Operation } from '../api/schema.ts';

const PAGE = 25;

/**
 * @element zlh-instance-activity
 * @summary Operations of the instance `instance-id`.
 */
export class ZlhInstanceActivity extends ZlhElement {
  static override styles = [base];
  static override properties = {
    instanceId: { attribute: 'instance-id' },
    past: { state: true },
    error: { state: true },
  };

  declare instanceId: string;
  declare private past: readonly Operation[] | undefined;
  declare private error: ApiError | undefined;
  #cursor: string | null = null;

  constructor() {
    super();
    this.instanceId = '';
    new Watch(this, () => this.connection.operations, 'change');
    new Watch(
      this,
      () => this.connection,
      'resync',
      () => void this.#load(),
    );
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('instanceId') && this.instanceId) void this.#load();
  }

  protected override render(): unknown {
    return html`<zlh-operation-list
      .operations=${this.past && this.#all()}
      .error=${this.error}
      ?more=${this.#cursor !== null}
      server=${this.server}
      token=${this.token}
      @zlh-more=${() => this.#more()}
      @zlh-again=${() => this.#load()}
    ></zlh-operation-list>`;
  }

  /** What was fetched, with the news since. */
  #all(): Operation[] {
    const byId = new Map((this.past ?? []).map((operation) => [operation.id, operation]));
    for (const operation of this.connection.operations.items) {
      if (operation.instanceId === this.instanceId) byId.set(operation.id, operation);
    }
    return [...byId.values()].toSorted((a, b) => b.createdAt.localeCompare(a.createdAt));
  }

  async #load(): Promise<void> {
    this.#cursor = null;
    await this.#fetch([]);
  }

  async #more(): Promise<void> {
    await this.#fetch(this.past ?? []);
  }

  async #fetch(before: readonly Operation[]): Promise<void> {
    const cursor = this.#cursor ? { cursor: this.#cursor } : {};
    const query = { instanceId: this.instanceId, limit: PAGE, ...cursor };
    try {
      const { items, nextCursor } = await ask(
        this.connection.client.GET('/api/operations', { params: { query } }),
      );
      this.#cursor = nextCursor;
      this.past = [...before, ...items];
      this.error = undefined;
    } catch (error) {
      this.error = asApiError(error);
    }
  }
}

define('zlh-instance-activity', ZlhInstanceActivity);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-instance-activity': ZlhInstanceActivity;
  }
}
