/** An instance at a glance, for lists and for other people's pages: what it is, how it is, where to join. */
import '../copy/copy.ts';
import '../problem/problem.ts';
import '../state-pill/state-pill.ts';
import { html, nothing } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { Watch } from '../base/watch.ts';
import { asApiError } from '../api/problem.ts';
import type { ApiError } from '../api/problem.ts';
import type { Instance } from '../api/schema.ts';
import { addressText, softwareText } from '../words/instances.ts';
import { operationTitle, overallProgress } from '../words/operations.ts';
import { memoryText } from '../words/quantities.ts';
import { instanceCardStyles } from './instance-card.styles.ts';

/**
 * @element zlh-instance-card
 * @summary Card of one instance. Give it the `instance`, or its `instance-id` and it fetches and follows it.
 * @csspart card - The card.
 */
export class ZlhInstanceCard extends ZlhElement {
  static override styles = [base, instanceCardStyles];
  static override properties = {
    instance: { attribute: false },
    instanceId: { attribute: 'instance-id' },
    error: { state: true },
  };

  declare instance: Instance | undefined;
  declare instanceId: string;
  declare private error: ApiError | undefined;

  constructor() {
    super();
    this.instanceId = '';
    new Watch(this, () => this.connection.instances, 'change');
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('instanceId') || !this.instanceId) return;
    this.connection.live.start();
    this.connection.instances
      .refresh(this.instanceId)
      .catch((error: unknown) => (this.error = asApiError(error)));
  }

  protected override render(): unknown {
    const instance = this.instance ?? this.connection.instances.get(this.instanceId);
    if (this.error && !instance) return html`<zlh-problem .error=${this.error}></zlh-problem>`;
    if (!instance)
      return html`<div part="card" class="card" aria-busy="true">
        <span class="skeleton"></span>
      </div>`;
    const address = addressText(instance);
    return html`<article part="card" class="card">
      <div class="row head">
        <h2 class="minor grow one-line">
          <a href=${this.link(`/servers/${instance.id}`)}>${instance.name}</a>
        </h2>
        <zlh-state-pill
          observed=${instance.observed}
          ?ready=${instance.ready}
          desired=${instance.desired}
        ></zlh-state-pill>
      </div>
      <p class="small muted one-line">
        ${softwareText(instance)} · ${memoryText(instance.memoryMiB)}
      </p>
      <p class="small foot one-line">
        ${
          instance.operation
            ? this.#progress(instance.operation)
            : address
              ? html`<span class="code">${address}</span>
                  <zlh-copy value=${address} what="address of ${instance.name}"></zlh-copy>`
              : html`<span class="faint">No address yet</span>`
        }
      </p>
    </article>`;
  }

  #progress(operation: NonNullable<Instance['operation']>): unknown {
    const running = operation.phases.find(({ state }) => state === 'running');
    return html`<span class="busy"
        >${operationTitle(operation)}${running ? ` · ${running.label}` : nothing}</span
      >
      <span class="bar" aria-hidden="true"
        ><span style="width:${overallProgress(operation) * 100}%"></span
      ></span>`;
  }
}

define('zlh-instance-card', ZlhInstanceCard);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-instance-card': ZlhInstanceCard;
  }
}
