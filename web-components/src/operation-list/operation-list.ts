/** Operations as rows: what, on which server, who asked, when, how it went; a row opens to its phases and its error. */
import '@awesome.me/webawesome/dist/components/button/button.js';
import '../operation-strip/operation-strip.ts';
import '../problem/problem.ts';
import '../state-pill/state-pill.ts';
import '../time/time.ts';
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import type { ApiError } from '../api/problem.ts';
import type { Operation } from '../api/schema.ts';
import { icon } from '../theme/icons.ts';
import { askedBy, isOver, operationTitle } from '../words/operations.ts';
import { took } from '../words/times.ts';
import { operationListStyles } from './operation-list.styles.ts';

/**
 * @element zlh-operation-list
 * @summary Rows of `operations`; skeletons while they are undefined.
 * @event zlh-more - Older ones are wanted.
 * @event zlh-again - Fetching failed and should be tried again.
 */
export class ZlhOperationList extends ZlhElement {
  static override styles = [base, operationListStyles];
  static override properties = {
    operations: { attribute: false },
    names: { attribute: false },
    error: { attribute: false },
    more: { type: Boolean },
    opened: { state: true },
  };

  declare operations: readonly Operation[] | undefined;
  /** Names of instances by id. With them each row says which server it was, and what runs is open by itself. */
  declare names: ReadonlyMap<string, string> | undefined;
  declare error: ApiError | undefined;
  /** There are older ones to ask for. */
  declare more: boolean;
  declare private opened: string;

  constructor() {
    super();
    this.more = false;
    this.opened = '';
  }

  protected override render(): unknown {
    const { operations, error } = this;
    if (error) {
      return html`<zlh-problem .error=${error}
        ><wa-button appearance="filled-outlined" @click=${() => this.emit('zlh-again')}
          >Try again</wa-button
        ></zlh-problem
      >`;
    }
    if (!operations)
      return html`<div class="card" aria-busy="true">
        ${[1, 2, 3].map(() => html`<span class="skeleton"></span>`)}
      </div>`;
    if (operations.length === 0)
      return html`<p class="card empty muted">Nothing has been done yet.</p>`;
    return html`<ul class="card">
        ${repeat(
          operations,
          ({ id }) => id,
          (operation) => this.#row(operation),
        )}
      </ul>
      ${
        this.more
          ? html`<wa-button appearance="filled-outlined" @click=${() => this.emit('zlh-more')}
              >Show older</wa-button
            >`
          : nothing
      }`;
  }

  #row(operation: Operation): unknown {
    const open = this.opened === operation.id;
    return html`<li>
      <button
        type="button"
        aria-expanded=${open}
        @click=${() => (this.opened = open ? '' : operation.id)}
      >
        <span class="what">${operationTitle(operation)} ${this.#where(operation)}</span>
        <span class="who small muted one-line"
          >${askedBy(operation, this.connection.me?.email)}</span
        >
        <span class="when small muted"
          ><zlh-time at=${operation.createdAt}></zlh-time>${
            operation.finishedAt
              ? html`<span class="took">
                  · took ${took(operation.createdAt, operation.finishedAt)}</span
                >`
              : nothing
          }</span
        >
        <zlh-state-pill state=${operation.state}></zlh-state-pill>
        <span class="turn ${open ? 'open' : ''}">${icon('chevron-down')}</span>
      </button>
      ${
        open || (this.names && !isOver(operation))
          ? html`<zlh-operation-strip
              .operation=${operation}
              server=${this.server}
              token=${this.token}
            ></zlh-operation-strip>`
          : nothing
      }
    </li>`;
  }

  #where({ instanceId, title, kind }: Operation): unknown {
    if (!this.names || !instanceId) return nothing;
    const name = this.names.get(instanceId);
    if (name) return html`<span class="muted">· ${name}</span>`;
    return kind.startsWith('instances.')
      ? html`<span class="muted">· ${title.replace(/^\S+ /, '')}</span>`
      : nothing;
  }
}

define('zlh-operation-list', ZlhOperationList);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-operation-list': ZlhOperationList;
  }
}
