/** How many operations run just now: stands behind the navigation's entry. */
import { html, nothing } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { Watch } from '../base/watch.ts';
import { tallyStyles } from '../base/tally.styles.ts';
import { isOver } from '../words/operations.ts';

/**
 * @element zlh-operation-tally
 * @summary Number of running operations; nothing when none runs.
 */
export class ZlhOperationTally extends ZlhElement {
  static override styles = [base, tallyStyles];

  constructor() {
    super();
    new Watch(this, () => this.connection.operations, 'change');
  }

  protected override render(): unknown {
    const { items } = this.connection.operations;
    const running = items.filter((operation) => !isOver(operation)).length;
    if (running === 0) return nothing;
    return html`<span class="tally busy"
      >${running}<span class="hidden-text"> running</span></span
    >`;
  }
}

define('zlh-operation-tally', ZlhOperationTally);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-operation-tally': ZlhOperationTally;
  }
}
