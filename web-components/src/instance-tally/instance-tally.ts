/** How many servers there are: stands behind the navigation's entry. */
import { html, nothing } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { Watch } from '../base/watch.ts';
import { tallyStyles } from '../base/tally.styles.ts';

/**
 * @element zlh-instance-tally
 * @summary Number of instances, once it is known.
 */
export class ZlhInstanceTally extends ZlhElement {
  static override styles = [base, tallyStyles];

  constructor() {
    super();
    new Watch(this, () => this.connection.instances, 'change');
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.connection.instances.need();
  }

  protected override render(): unknown {
    const { instances } = this.connection;
    if (instances.state !== 'ready') return nothing;
    return html`<span class="tally">${instances.items.length}</span>`;
  }
}

define('zlh-instance-tally', ZlhInstanceTally);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-instance-tally': ZlhInstanceTally;
  }
}
