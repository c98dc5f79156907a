/** The page of the notice board. All that it shares with the portal comes from the SDK. */
// oxlint-disable-next-line import/no-absolute-path -- the portal serves the SDK at this address
import { ask, asApiError, base, css, define, html, nothing, ZlhElement } from '/portal/sdk-1.js';

class NoticeBoardPage extends ZlhElement {
  static styles = [
    base,
    css`
      :host {
        display: grid;
        gap: 16px;
        align-content: start;
        max-width: 720px;
      }
      .card {
        padding: 16px;
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      form {
        display: grid;
        gap: 12px;
      }
      label {
        display: grid;
        gap: 6px;
        font-weight: 600;
      }
      textarea {
        min-height: 140px;
        padding: 10px 12px;
        border: 1px solid var(--zlh-line);
        border-radius: var(--zlh-radius-control);
        background: var(--zlh-surface);
        color: var(--zlh-text);
        font: inherit;
        resize: vertical;
      }
    `,
  ];
  static properties = { notice: { state: true }, error: { state: true }, saved: { state: true } };

  connectedCallback() {
    super.connectedCallback();
    void this.#load();
  }

  render() {
    const { notice, error } = this;
    return html`<h1>Notice board</h1>
      <zlh-problem .error=${error}></zlh-problem>
      ${notice === undefined ? nothing : this.#notice(notice)}`;
  }

  #notice({ text, changedBy, changedAt, mayWrite }) {
    return html`${
      text === ''
        ? html`<p class="muted">There is no notice.</p>`
        : html`<p class="card">${text}</p>
            <p class="small muted">${changedBy}, <zlh-time at=${changedAt}></zlh-time></p>`
    }
    ${mayWrite ? this.#form(text) : nothing}`;
  }

  #form(text) {
    return html`<form @submit=${this.#save}>
      <label>New notice<textarea name="text" maxlength="2000" .value=${text}></textarea></label>
      <div class="row">
        <wa-button variant="brand" appearance="accent" @click=${this.#save}>Post notice</wa-button>
        <span class="small muted" role="status">${this.saved ? 'Posted.' : ''}</span>
      </div>
    </form>`;
  }

  async #load() {
    try {
      this.notice = await ask(this.connection.client.GET('/api/notice-board'));
    } catch (error) {
      this.error = asApiError(error);
    }
  }

  async #save(event) {
    event.preventDefault();
    this.error = undefined;
    this.saved = false;
    const text = this.renderRoot.querySelector('textarea').value;
    try {
      this.notice = await ask(this.connection.client.PUT('/api/notice-board', { body: { text } }));
      this.saved = true;
    } catch (error) {
      this.error = asApiError(error);
    }
  }
}

define('notice-board-page', NoticeBoardPage);
