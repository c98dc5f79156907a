/** One row where there is room; on a narrow page the segments keep their line and only the current one its name. */
import { css } from 'lit';

export const operationStripStyles = css`
  :host {
    container-type: inline-size;
  }
  [part='strip'] {
    display: grid;
    grid-template-columns: auto 1fr auto;
    align-items: center;
    gap: 12px 20px;
    padding: 14px 16px;
  }
  .head {
    max-width: 240px;
  }
  .actions {
    grid-column: 3;
    display: flex;
    gap: 8px;
  }
  zlh-problem {
    grid-column: 1 / -1;
  }
  .phases {
    grid-column: 2;
    display: flex;
    gap: 4px;
    min-width: 0;
  }
  li {
    flex: 1;
    min-width: 0;
    color: var(--zlh-faint);
    font-size: 12px;
    line-height: 18px;
    font-variant-numeric: tabular-nums;
  }
  .name {
    display: block;
    margin-top: 9px;
    padding-right: 6px;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .place {
    display: none;
  }
  .line {
    display: block;
    height: 3px;
    border-radius: 2px;
    background: var(--zlh-line);
    overflow: hidden;
  }
  .line span {
    display: block;
    height: 100%;
    width: 0;
    border-radius: 2px;
    background: var(--zlh-busy);
    transition: width 300ms linear;
  }
  li.succeeded {
    color: var(--zlh-muted);
  }
  li:not(.running) .line span {
    display: none;
  }
  li.succeeded .line {
    background: var(--zlh-ok);
  }
  li.failed {
    color: var(--zlh-bad);
  }
  li.failed .line {
    background: var(--zlh-bad);
  }
  li.cancelled .line {
    background: var(--zlh-off);
  }
  li.running {
    color: var(--zlh-text);
  }
  li.running.open .line span {
    width: 40%;
    animation: slide 1.4s ease-in-out infinite alternate;
  }
  @keyframes slide {
    from {
      translate: -40% 0;
    }
    to {
      translate: 190% 0;
    }
  }
  @container (max-width: 700px) {
    [part='strip'] {
      grid-template-columns: 1fr auto;
    }
    .phases {
      grid-column: 1 / -1;
      grid-row: 2;
      position: relative;
      padding-bottom: 26px;
    }
    .name {
      display: none;
    }
    li[aria-current] .name {
      display: block;
      position: absolute;
      inset: auto 0 0;
      margin: 0;
    }
    .place {
      display: inline;
    }
    .head {
      max-width: none;
    }
    .actions {
      grid-column: 2;
    }
  }
`;
