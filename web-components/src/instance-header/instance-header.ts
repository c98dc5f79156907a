/** All about a server in two lines: name and state; address with Copy, how full, how long. Actions at its right. */
import '../copy/copy.ts';
import '../instance-actions/instance-actions.ts';
import '../state-pill/state-pill.ts';
import '../time/time.ts';
import { html, nothing } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import type { AgentStatus, Instance } from '../api/schema.ts';
import { addressText, softwareText } from '../words/instances.ts';
import { bytesText, memoryText, playersText } from '../words/quantities.ts';
import { instanceHeaderStyles } from './instance-header.styles.ts';

const MIB = 1024 * 1024;

/**
 * @element zlh-instance-header
 * @summary Header of `instance`, with what its agent said in `status` where that is known.
 */
export class ZlhInstanceHeader extends ZlhElement {
  static override styles = [base, instanceHeaderStyles];
  static override properties = { instance: { attribute: false }, status: { attribute: false } };

  declare instance: Instance | undefined;
  declare status: AgentStatus | undefined;

  protected override render(): unknown {
    const { instance, status } = this;
    if (!instance)
      return html`<span class="skeleton title"></span><span class="skeleton line"></span>`;
    const retryAt = instance.observed === 'crashed' ? status?.crash?.retryAt : undefined;
    return html`<div class="grow">
        <nav class="small muted" aria-label="Breadcrumb">
          <a href=${this.link('/servers')}>Servers</a> / ${softwareText(instance)}
        </nav>
        <div class="row name">
          <h1>${instance.name}</h1>
          <zlh-state-pill
            observed=${instance.observed}
            ?ready=${instance.ready}
            desired=${instance.desired}
            >${retryAt ? html`<span>retry <zlh-time at=${retryAt}></zlh-time></span>` : nothing}</zlh-state-pill
          >
        </div>
        <p class="small muted facts">${this.#facts(instance, status)}</p>
      </div>
      <zlh-instance-actions
        .instance=${instance}
        server=${this.server}
        token=${this.token}
      ></zlh-instance-actions>`;
  }

  #facts(instance: Instance, status: AgentStatus | undefined): unknown {
    const address = addressText(instance);
    const players = instance.ready ? status?.players : undefined;
    const used = instance.observed === 'running' ? status?.usage?.memoryBytes : undefined;
    const free = used === undefined ? undefined : Math.max(0, instance.memoryMiB * MIB - used);
    return [
      address
        ? html`<span
            ><span class="address">${address}</span>
            <zlh-copy value=${address} what="address"></zlh-copy
          ></span>`
        : nothing,
      players ? html`<span>${playersText(players)}</span>` : nothing,
      free === undefined
        ? html`<span>${memoryText(instance.memoryMiB)} memory</span>`
        : html`<span>${bytesText(free)} free of ${memoryText(instance.memoryMiB)}</span>`,
      instance.ready && status?.readySince
        ? html`<span>up <zlh-time mode="since" at=${status.readySince}></zlh-time></span>`
        : nothing,
    ];
  }
}

define('zlh-instance-header', ZlhInstanceHeader);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-instance-header': ZlhInstanceHeader;
  }
}
