/** A page of one heading and one list. */
import { css } from 'lit';

export const operationsStyles = css`
  :host {
    display: grid;
    gap: 20px;
    align-content: start;
  }
`;
