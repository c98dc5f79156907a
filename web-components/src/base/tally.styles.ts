/** A number behind an entry of the navigation. */
import { css } from 'lit';

export const tallyStyles = css`
  .tally {
    display: block;
    font-size: 13px;
    font-variant-numeric: tabular-nums;
  }
  .tally.busy {
    min-width: 20px;
    padding: 0 6px;
    border-radius: 999px;
    background: color-mix(in oklab, var(--zlh-busy) 16%, transparent);
    color: var(--zlh-busy);
    font-weight: 620;
    text-align: center;
  }
`;
