/** How to join, above when the server sleeps. */
import { css } from 'lit';

export const instancePlayersStyles = css`
  :host {
    display: grid;
    gap: 16px;
    align-content: start;
    max-width: 760px;
  }
  section,
  form {
    display: grid;
    gap: 12px;
  }
  section {
    padding: 16px;
  }
  .address {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 12px;
    font-size: 18px;
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  wa-input {
    max-width: 260px;
  }
`;
