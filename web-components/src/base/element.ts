/**
 * What all elements share: which platform they talk to. Alone on a stranger's page an element names it by
 * `server` and `token`; inside the portal both are empty and the page's own origin and session are used.
 */
import { LitElement } from 'lit';
import type { PropertyDeclarations } from 'lit';
import { connect } from '../api/connection.ts';
import type { Connection } from '../api/connection.ts';
import '../theme/theme.ts';

export class ZlhElement extends LitElement {
  static override properties: PropertyDeclarations = { server: {}, token: {} };

  /** Origin of the platform, such as `https://play.example.com`. Empty: the one that served the page. */
  declare server: string;
  /** Embed token or API key. Empty: the session of whoever is signed in. */
  declare token: string;

  constructor() {
    super();
    this.server = '';
    this.token = '';
  }

  get connection(): Connection {
    return connect(this.server, this.token);
  }

  /** Tells a fault of its drawing to the part it belongs to; throws it on a page without parts. */
  protected override performUpdate(): void {
    try {
      super.performUpdate();
    } catch (error) {
      if (this.emit('zlh-broken', error)) throw error;
    }
  }

  /** Address of a portal page, also from a page of another site. */
  protected link(path: string): string {
    return this.connection.server + path;
  }

  /**
   * Tells whoever embeds the element; crosses shadow roots. False when a listener prevented what would
   * follow.
   */
  protected emit(type: `${string}-${string}`, detail?: unknown): boolean {
    return this.dispatchEvent(
      new CustomEvent(type, { detail, bubbles: true, composed: true, cancelable: true }),
    );
  }
}

/** Defines an element unless a second copy of it came first, as happens when a page includes two bundles. */
export function define(name: `${string}-${string}`, element: CustomElementConstructor): void {
  if (!customElements.get(name)) customElements.define(name, element);
}
