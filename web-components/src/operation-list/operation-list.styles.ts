/** A table on a wide page, cards' content on a narrow one; the opened row shows its strip without a second frame. */
import { css } from 'lit';

export const operationListStyles = css`
  :host {
    display: grid;
    gap: 12px;
    justify-items: start;
    container-type: inline-size;
  }
  .card {
    width: 100%;
    overflow: hidden;
  }
  .empty {
    padding: 32px;
    text-align: center;
  }
  .skeleton {
    height: 16px;
    margin: 16px;
  }
  li + li {
    border-top: 1px solid var(--zlh-line);
  }
  button {
    all: unset;
    box-sizing: border-box;
    display: grid;
    grid-template-columns: minmax(0, 2fr) minmax(0, 1.2fr) minmax(0, 1.4fr) 104px 16px;
    font-variant-numeric: tabular-nums;
    align-items: center;
    gap: 4px 16px;
    width: 100%;
    padding: 10px 16px;
    cursor: pointer;
  }
  button:hover {
    background: var(--zlh-raised);
  }
  button:focus-visible {
    outline: 2px solid var(--zlh-brand);
    outline-offset: -2px;
    border-radius: var(--zlh-radius);
  }
  .what {
    font-weight: 550;
    overflow-wrap: anywhere;
  }
  .what .muted {
    font-weight: 400;
  }
  .turn {
    color: var(--zlh-muted);
    transition: rotate var(--zlh-motion);
  }
  .turn.open {
    rotate: 180deg;
  }
  zlh-operation-strip::part(head) {
    display: none;
  }
  zlh-operation-strip::part(strip) {
    border-width: 1px 0 0;
    border-style: dashed;
    border-radius: 0;
    background: none;
  }
  @container (max-width: 640px) {
    button {
      grid-template-columns: minmax(0, 1fr) auto 16px;
    }
    .what {
      grid-row: 1;
    }
    .who {
      display: none;
    }
    .when {
      grid-row: 2;
      grid-column: 1 / -1;
    }
  }
`;
