/** Everything that was asked of the platform lately, on all servers one may see. */
import '../operation-list/operation-list.ts';
import { html } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { Watch } from '../base/watch.ts';
import { operationsStyles } from './operations.styles.ts';

/**
 * @element zlh-operations
 * @summary The newest operations, kept current.
 */
export class ZlhOperations extends ZlhElement {
  static override styles = [base, operationsStyles];

  constructor() {
    super();
    new Watch(this, () => this.connection.operations, 'change');
    new Watch(this, () => this.connection.instances, 'change');
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.connection.live.start();
    void this.connection.operations.load();
    void this.connection.instances.need();
  }

  protected override render(): unknown {
    const { operations, instances } = this.connection;
    const known = operations.state === 'ready' ? operations.items : undefined;
    return html`<h1>Operations</h1>
      <zlh-operation-list
        .operations=${known}
        .names=${new Map(instances.items.map(({ id, name }) => [id, name]))}
        .error=${operations.state === 'failed' ? operations.error : undefined}
        server=${this.server}
        token=${this.token}
        @zlh-again=${() => operations.load()}
      ></zlh-operation-list>`;
  }
}

define('zlh-operations', ZlhOperations);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-operations': ZlhOperations;
  }
}
