/** The facts of a server, for looking up and copying; and, after a crash, what is known about it. */
import '../copy/copy.ts';
import '../time/time.ts';
import { html, nothing } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import type { AgentStatus, Crash, Instance } from '../api/schema.ts';
import { addressText, softwareText } from '../words/instances.ts';
import { memoryText } from '../words/quantities.ts';
import { capital } from '../words/states.ts';
import { exact } from '../words/times.ts';
import { instanceDetailsStyles } from './instance-details.styles.ts';

/**
 * @element zlh-instance-details
 * @summary Facts of `instance`, and of its last crash from `status`.
 */
export class ZlhInstanceDetails extends ZlhElement {
  static override styles = [base, instanceDetailsStyles];
  static override properties = { instance: { attribute: false }, status: { attribute: false } };

  declare instance: Instance | undefined;
  declare status: AgentStatus | undefined;

  protected override render(): unknown {
    const { instance, status } = this;
    if (!instance) return nothing;
    const address = addressText(instance);
    return html`${status?.crash ? this.#crash(status.crash) : nothing}
      <dl class="card">
        ${this.#fact('Software', softwareText(instance))}
        ${this.#fact('Memory', memoryText(instance.memoryMiB))}
        ${this.#fact('Address', address || 'none yet', address)}
        ${this.#fact('Host name', instance.hostname, instance.hostname)}
        ${this.#fact('Created', html`<zlh-time at=${instance.createdAt}></zlh-time> · ${exact(instance.createdAt)}`)}
        ${this.#fact('Number', String(instance.vmid))} ${this.#fact('Id', instance.id, instance.id)}
        ${status ? this.#fact('Agent', status.agentVersion) : nothing}
      </dl>`;
  }

  #fact(name: string, value: unknown, copied = ''): unknown {
    return html`<div>
      <dt class="muted">${name}</dt>
      <dd>
        <span>${value}</span>
        ${copied ? html`<zlh-copy class="small muted" value=${copied} what=${name.toLowerCase()}></zlh-copy>` : nothing}
      </dd>
    </div>`;
  }

  #crash({ at, reason, detail, count, retryAt, gaveUp }: Crash): unknown {
    return html`<section class="card crash">
      <h2 class="minor">
        Crashed <zlh-time at=${at}></zlh-time>: ${capital(reason.replaceAll('-', ' '))}
      </h2>
      <p>${detail}</p>
      <p class="small muted">
        ${
          gaveUp
            ? `It was not started again after ${count} crashes in a row. Start it when the cause is gone.`
            : retryAt
              ? html`Crash ${count} in a row. It starts again <zlh-time at=${retryAt}></zlh-time>.`
              : `Crash ${count} in a row.`
        }
      </p>
    </section>`;
  }
}

define('zlh-instance-details', ZlhInstanceDetails);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-instance-details': ZlhInstanceDetails;
  }
}
