/** An error as people get to see it: what is wrong, what to do, and the code to quote. */
import { html, nothing } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import type { ApiError } from '../api/problem.ts';
import { problemStyles } from './problem.styles.ts';

/** What it shows: an `ApiError`, or the error an operation ended with. */
export type Shown = Pick<ApiError, 'message' | 'code'> & Partial<Pick<ApiError, 'hint'>>;

/**
 * @element zlh-problem
 * @summary One error, announced as it appears. Empty without `error`.
 * @slot - Actions, such as a Retry button.
 * @csspart problem - The notice.
 */
export class ZlhProblem extends ZlhElement {
  static override styles = [base, problemStyles];
  static override properties = { error: { attribute: false } };

  declare error: Shown | undefined;

  protected override willUpdate(): void {
    this.toggleAttribute('empty', !this.error);
  }

  protected override render(): unknown {
    const { error } = this;
    return html`<div role="alert">
      ${
        error
          ? html`<div part="problem">
              <svg viewBox="0 0 12 12" aria-hidden="true">
                <path d="M6 .8 11.2 6 6 11.2 .8 6z" fill="currentColor" />
              </svg>
              <div class="grow">
                <p>
                  ${error.message}
                  ${error.hint ? html`<span class="muted">${error.hint}</span>` : nothing}
                </p>
                <p class="code">${error.code}</p>
              </div>
              <slot></slot>
            </div>`
          : nothing
      }
    </div>`;
  }
}

define('zlh-problem', ZlhProblem);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-problem': ZlhProblem;
  }
}
