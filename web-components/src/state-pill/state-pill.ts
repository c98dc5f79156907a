/** The one way a state is shown: a pill with a word and a shape, so that colour is never alone. */
import { html, svg } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import type { Instance, Operation } from '../api/schema.ts';
import { instanceState, operationState } from '../words/states.ts';
import type { Shape, Stated } from '../words/states.ts';
import { statePillStyles } from './state-pill.styles.ts';

const SHAPES: Record<Shape, unknown> = {
  dot: svg`<circle cx="6" cy="6" r="4" fill="currentColor"/>`,
  ring: svg`<circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" stroke-width="2"/>`,
  turning: svg`<path d="M10 6a4 4 0 1 1-2.6-3.75" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"/>`,
  diamond: svg`<path d="M6 .8 11.2 6 6 11.2 .8 6z" fill="currentColor"/>`,
};

/**
 * @element zlh-state-pill
 * @summary State of an instance (`observed`, `ready`, `desired`) or, with `state`, of an operation.
 * @slot - What follows the word, such as "retry in 8 s".
 * @csspart pill - The pill.
 */
export class ZlhStatePill extends ZlhElement {
  static override styles = [base, statePillStyles];
  static override properties = { observed: {}, ready: { type: Boolean }, desired: {}, state: {} };

  declare observed: Instance['observed'] | undefined;
  declare ready: boolean;
  declare desired: 'running' | 'stopped' | 'deleted' | undefined;
  /** State of an operation; takes the place of the other three. */
  declare state: Operation['state'] | undefined;

  constructor() {
    super();
    this.ready = false;
  }

  protected override render(): unknown {
    const { word, tone, shape } = this.#stated();
    return html`<span part="pill" class=${tone}>
      <svg class=${shape} viewBox="0 0 12 12" aria-hidden="true">${SHAPES[shape]}</svg>
      <span>${word}</span><slot></slot>
    </span>`;
  }

  #stated(): Stated {
    if (this.state) return operationState({ state: this.state });
    const { observed = 'stopped', ready, desired } = this;
    return instanceState({ observed, ready, ...(desired ? { desired } : {}) });
  }
}

define('zlh-state-pill', ZlhStatePill);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-state-pill': ZlhStatePill;
  }
}
