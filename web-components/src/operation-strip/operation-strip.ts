/**
 * Long work, shown as what it is: its phases as a segmented line with the current one filling, who asked and since
 * when, and the way out: Cancel while it runs, why and Retry when it failed.
 */
import '@awesome.me/webawesome/dist/components/button/button.js';
import '../problem/problem.ts';
import '../time/time.ts';
import { html, nothing } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { ask } from '../api/client.ts';
import { asApiError } from '../api/problem.ts';
import type { ApiError } from '../api/problem.ts';
import type { Operation, Phase } from '../api/schema.ts';
import { askedBy, isOver, operationTitle } from '../words/operations.ts';
import { operationStripStyles } from './operation-strip.styles.ts';

/**
 * @element zlh-operation-strip
 * @summary One operation with its phases. Nothing without `operation`.
 * @event zlh-dismiss - The reader has seen the failure and closes it.
 * @csspart strip - The card.
 * @csspart head - Its title and who asked.
 */
export class ZlhOperationStrip extends ZlhElement {
  static override styles = [base, operationStripStyles];
  static override properties = {
    operation: { attribute: false },
    waiting: { state: true },
    error: { state: true },
  };

  declare operation: Operation | undefined;
  declare private waiting: boolean;
  declare private error: ApiError | undefined;

  constructor() {
    super();
    this.waiting = false;
  }

  protected override render(): unknown {
    const { operation } = this;
    if (!operation) return nothing;
    return html`<article
      part="strip"
      class="card ${operation.state}"
      aria-label=${operationTitle(operation)}
    >
      <div class="head" part="head">
        <h2 class="minor">${operationTitle(operation)}</h2>
        <p class="small muted">
          ${askedBy(operation, this.connection.me?.email)},
          <zlh-time at=${operation.createdAt}></zlh-time>${
            operation.attempt > 1 ? html`, attempt ${operation.attempt}` : nothing
          }
        </p>
      </div>
      ${this.#phases(operation)} ${this.#actions(operation)}
      ${
        operation.error && operation.state === 'failed'
          ? html`<zlh-problem
              .error=${{ message: operation.error.detail, ...operation.error }}
            ></zlh-problem>`
          : nothing
      }
      ${
        operation.error && operation.state === 'cancelled'
          ? html`<p class="small muted">${operation.error.detail}</p>`
          : nothing
      }
      <zlh-problem .error=${this.error}></zlh-problem>
    </article>`;
  }

  #phases({ phases, state }: Operation): unknown {
    const current = phases.findIndex(
      (phase) => phase.state === 'running' || phase.state === 'failed',
    );
    return html`<ol class="phases">
      ${phases.length === 0 ? html`<li class="pending">${state === 'queued' ? 'Waiting its turn' : ''}</li>` : nothing}
      ${phases.map((phase, index) => this.#phase(phase, index === current, `${index + 1} of ${phases.length}`))}
    </ol>`;
  }

  #phase(phase: Phase, current: boolean, place: string): unknown {
    const known = phase.state === 'running' && phase.progress !== null;
    const percent = Math.round((phase.progress ?? 0) * 100);
    return html`<li
      class="${phase.state} ${known ? '' : 'open'}"
      aria-current=${current ? 'step' : nothing}
    >
      <span class="line"
        ><span style="width:${phase.state === 'running' && known ? `${percent}%` : ''}"></span
      ></span>
      <span class="name"
        ><span class="place">${place} · </span
        >${phase.label}${known ? html` ${percent}&nbsp;%` : nothing}<span class="hidden-text"
          >, ${phase.state}</span
        ></span
      >
    </li>`;
  }

  #actions(operation: Operation): unknown {
    if (!isOver(operation)) {
      if (!operation.cancellable) return nothing;
      return html`<div class="actions">
        <wa-button
          appearance="filled-outlined"
          ?loading=${this.waiting}
          @click=${() => this.#act('cancel')}
          >Cancel</wa-button
        >
      </div>`;
    }
    if (operation.state !== 'failed') return nothing;
    return html`<div class="actions">
      <wa-button appearance="plain" @click=${() => this.emit('zlh-dismiss')}>Dismiss</wa-button>
      ${
        operation.retriable
          ? html`<wa-button
              appearance="filled-outlined"
              ?loading=${this.waiting}
              @click=${() => this.#act('retry')}
              >Retry</wa-button
            >`
          : nothing
      }
    </div>`;
  }

  async #act(action: 'cancel' | 'retry'): Promise<void> {
    if (!this.operation) return;
    const params = { path: { id: this.operation.id } };
    this.waiting = true;
    this.error = undefined;
    try {
      const { client } = this.connection;
      this.connection.heard(await ask(client.POST(`/api/operations/{id}/${action}`, { params })));
    } catch (error) {
      this.error = asApiError(error);
    } finally {
      this.waiting = false;
    }
  }
}

define('zlh-operation-strip', ZlhOperationStrip);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-operation-strip': ZlhOperationStrip;
  }
}
