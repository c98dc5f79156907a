/** Fills the page: the open tab takes what height is left. */
import { css } from 'lit';

export const instancePageStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    gap: 16px;
    min-height: 100%;
  }
  .tabs {
    flex: none;
    display: flex;
    gap: 4px;
    border-bottom: 1px solid var(--zlh-line);
    overflow-x: auto;
  }
  .tabs a {
    padding: 10px 12px;
    margin-bottom: -1px;
    border-bottom: 2px solid transparent;
    color: var(--zlh-muted);
    text-decoration: none;
    white-space: nowrap;
  }
  .tabs a:hover {
    color: var(--zlh-text);
  }
  .tabs a:focus-visible {
    outline-offset: -2px;
  }
  .tabs [aria-current] {
    border-color: var(--zlh-brand);
    color: var(--zlh-text);
    font-weight: 620;
  }
  .body {
    flex: 1;
    min-height: 320px;
    border-radius: var(--zlh-radius);
  }
`;
