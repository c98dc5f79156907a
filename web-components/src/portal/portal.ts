/** The portal's shell: places the pages that make it up. */
import { LitElement, html } from 'lit';

/** @element zlh-portal */
export class ZlhPortal extends LitElement {
  override render() {
    return html`<main><h1>ZeroLagHub</h1></main>`;
  }
}

customElements.define('zlh-portal', ZlhPortal);
