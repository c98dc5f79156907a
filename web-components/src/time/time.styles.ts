/** A time takes the type of the text it stands in. */
import { css } from 'lit';

export const timeStyles = css`
  :host {
    display: inline;
    color: inherit;
    font: inherit;
    font-variant-numeric: tabular-nums;
  }
`;
