/** Name and value side by side, one above the other where it is narrow. */
import { css } from 'lit';

export const instanceDetailsStyles = css`
  :host {
    display: grid;
    gap: 16px;
    align-content: start;
    max-width: 760px;
  }
  dl > div {
    display: grid;
    grid-template-columns: 140px minmax(0, 1fr);
    gap: 0 16px;
    padding: 10px 16px;
  }
  dl > div + div {
    border-top: 1px solid var(--zlh-line);
  }
  dd {
    display: flex;
    flex-wrap: wrap;
    gap: 0 10px;
    overflow-wrap: anywhere;
  }
  dd span {
    min-width: 0;
  }
  .crash {
    display: grid;
    gap: 4px;
    padding: 14px 16px;
    border-color: color-mix(in oklab, var(--zlh-bad) 40%, var(--zlh-line));
  }
  @media (max-width: 480px) {
    dl > div {
      grid-template-columns: 1fr;
    }
  }
`;
