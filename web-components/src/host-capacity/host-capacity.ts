/** For administrators: the reservations on each machine, so that the next refusal surprises nobody. */
import { html, nothing } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { Watch } from '../base/watch.ts';
import { ask } from '../api/client.ts';
import type { Capacity, Provider } from '../api/schema.ts';

import { memoryText } from '../words/quantities.ts';
import { hostCapacityStyles } from './host-capacity.styles.ts';

/**
 * @element zlh-host-capacity
 * @summary Reserved memory, disk and ports of each provider. Shows nothing to anybody but administrators.
 */
export class ZlhHostCapacity extends ZlhElement {
  static override styles = [base, hostCapacityStyles];
  static override properties = { providers: { state: true }, failed: { state: true } };

  declare private providers: readonly Provider[];
  declare private failed: boolean;
  /** Servers at the time of asking: another number of them means other figures. */
  #asked = -1;

  constructor() {
    super();
    this.providers = [];
    this.failed = false;
    new Watch(
      this,
      () => this.connection.instances,
      'change',
      () => void this.#load(),
    );
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#load();
  }

  async #load(): Promise<void> {
    const { client, instances, me } = this.connection;
    const count = instances.items.length;
    if (me?.role !== 'administrator' || instances.state !== 'ready' || count === this.#asked)
      return;
    this.#asked = count;
    try {
      this.providers = (await ask(client.GET('/api/providers'))).items;
      this.failed = false;
    } catch {
      this.failed = true; // said in its place; the list of servers is what the page is for
    }
  }

  protected override render(): unknown {
    if (this.failed)
      return html`<p class="small muted" role="status">The host’s capacity could not be read.</p>`;
    return this.providers.map(
      ({ id, capacity, warning }) =>
        html`${warning === null ? nothing : html`<p class="warning" role="status">${warning}</p>`}
        ${capacity === null ? nothing : this.#row(id, capacity)}`,
    );
  }

  #row(id: string, { memoryMiB, diskMiB, freeDiskMiB, ports }: Capacity): unknown {
    return html`<dl class="small muted" aria-label="Capacity of ${id}">
      ${this.#part('Memory', memoryMiB, memoryText)}
      ${this.#part('Disk limits', diskMiB, memoryText)}
      ${this.#part('Ports', ports, (amount) => amount.toLocaleString('en'))}
      <div class=${freeDiskMiB < 0 ? 'full' : ''}>
        <dt>Disk</dt>
        <dd>
          ${freeDiskMiB < 0 ? 'too full for another server' : `${memoryText(freeDiskMiB)} free`}
        </dd>
      </div>
    </dl>`;
  }

  #part(
    name: string,
    { reserved, total, available }: Capacity['ports'],
    text: (amount: number) => string,
  ): unknown {
    return html`<div class=${available === 0 ? 'full' : ''}>
      <dt>${name}</dt>
      <dd>${text(reserved)} of ${text(total)} reserved</dd>
    </div>`;
  }
}

define('zlh-host-capacity', ZlhHostCapacity);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-host-capacity': ZlhHostCapacity;
  }
}
