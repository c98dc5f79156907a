/** No box of its own: the part stands where the place stands. */
import { css } from 'lit';

export const partStyles = css`
  :host {
    display: contents;
  }
  :host([hidden]) {
    display: none;
  }
  .mark {
    color: var(--zlh-bad);
    font-weight: 620;
  }
`;
