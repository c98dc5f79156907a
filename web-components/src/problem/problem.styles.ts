/** Quiet red: a line at its edge and the diamond that failures have everywhere. */
import { css } from 'lit';

export const problemStyles = css`
  /* Empty it waits to be heard, and takes neither room nor a gap. */
  :host([empty]) {
    position: absolute;
  }
  [part='problem'] {
    display: flex;
    flex-wrap: wrap;
    align-items: flex-start;
    gap: 8px 10px;
    padding: 12px 14px;
    border: 1px solid color-mix(in oklab, var(--zlh-bad) 40%, var(--zlh-line));
    border-radius: var(--zlh-radius);
    background: color-mix(in oklab, var(--zlh-bad) 7%, var(--zlh-surface));
  }
  svg {
    width: 11px;
    height: 20px;
    flex: none;
    color: var(--zlh-bad);
  }
  .grow {
    flex: 1 1 220px;
  }
  p {
    overflow-wrap: anywhere;
  }
  .code {
    margin-top: 2px;
    font-size: 12px;
    color: var(--zlh-muted);
  }
`;
