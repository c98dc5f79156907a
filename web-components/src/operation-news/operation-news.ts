/** Tells the end of an operation as a toast, unless its instance is looked at. */
import { nothing } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { Watch } from '../base/watch.ts';
import type { Operation } from '../api/schema.ts';
import { isOver, operationTitle } from '../words/operations.ts';

/**
 * @element zlh-operation-news
 * @summary Invisible; tells the end of operations.
 * @event zlh-toast - An operation ended; `detail` is the toast.
 */
export class ZlhOperationNews extends ZlhElement {
  constructor() {
    super();
    new Watch(
      this,
      () => this.connection,
      'operation',
      (event) => this.#tell((event as CustomEvent<Operation>).detail),
    );
  }

  protected override render(): unknown {
    return nothing;
  }

  #tell(operation: Operation): void {
    const { instanceId } = operation;
    if (!isOver(operation)) return;
    if (instanceId && location.pathname.startsWith(`/servers/${instanceId}`)) return;
    const instance = instanceId ? this.connection.instances.get(instanceId) : undefined;
    const failed = operation.state === 'failed';
    const isGone = operation.kind === 'instances.delete' && !failed;
    const name = instance?.name ?? operation.title.replace(/^\S+ /, '');
    this.emit('zlh-toast', {
      tone: failed ? 'bad' : 'ok',
      text: `${name}: ${operationTitle(operation).toLowerCase()}.`,
      ...(isGone ? { key: `gone ${instanceId}` } : {}),
      ...(instanceId && !isGone ? { link: { href: `/servers/${instanceId}`, text: 'Open' } } : {}),
    });
  }
}

define('zlh-operation-news', ZlhOperationNews);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-operation-news': ZlhOperationNews;
  }
}
