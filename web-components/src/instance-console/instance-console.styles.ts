/** Fills the tab: the console takes what height is left, and never less than it needs. */
import { css } from 'lit';

export const instanceConsoleStyles = css`
  :host {
    flex: 1;
    display: flex;
    flex-direction: column;
    gap: 16px;
    min-height: 0;
  }
  zlh-console {
    flex: 1 1 320px;
    min-height: 320px;
    /* The terminal sizes itself to its box: the box must not size itself to the terminal. */
    height: 0;
  }
  zlh-console:not(:defined) {
    display: block;
    border-radius: var(--zlh-radius);
    background: #05070a;
  }
`;
