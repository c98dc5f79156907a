/** The plan in a card with its meters; below it the plans side by side, one under the other on a phone. */
import { css } from 'lit';

export const billingStyles = css`
  :host {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 20px;
    align-content: start;
    max-width: 960px;
  }
  section.card {
    display: grid;
    gap: 16px;
    padding: 20px;
  }
  .head {
    flex-wrap: wrap;
    align-items: flex-start;
    gap: 12px;
  }
  .head > .grow {
    flex: 1 1 220px;
  }
  .plan {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 10px;
  }
  .state {
    --tone: var(--zlh-off);
    padding: 0 8px;
    border-radius: 999px;
    color: color-mix(in oklab, var(--tone) 86%, var(--zlh-text));
    background: color-mix(in oklab, var(--tone) 13%, transparent);
    font-weight: 620;
    font-size: 12px;
    line-height: 20px;
    white-space: nowrap;
  }
  .ok {
    --tone: var(--zlh-ok);
  }
  .warn {
    --tone: var(--zlh-warn);
  }
  .bad {
    --tone: var(--zlh-bad);
  }
  .meters {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(200px, 1fr));
    gap: 12px 20px;
  }
  .meter p {
    display: flex;
    justify-content: space-between;
    gap: 8px;
  }
  .track {
    height: 6px;
    margin-top: 6px;
    border-radius: 3px;
    overflow: hidden;
    background: var(--zlh-line);
  }
  .track div {
    height: 100%;
    border-radius: 3px;
    background: var(--zlh-brand);
  }
  .full .track div {
    background: var(--zlh-warn);
  }
  .plans {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(220px, 1fr));
    gap: 12px;
  }
  .plans > li {
    display: grid;
    gap: 12px;
    align-content: space-between;
    padding: 20px;
  }
  .plans > li.mine {
    border-color: var(--zlh-brand);
  }
  .price {
    font: 620 20px/28px var(--zlh-font);
  }
  .invoices li {
    flex-wrap: wrap;
    gap: 4px 16px;
    padding: 12px 16px;
  }
  .invoices li + li {
    border-top: 1px solid var(--zlh-line);
  }
`;
