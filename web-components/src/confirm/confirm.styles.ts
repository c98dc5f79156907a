/** Lists marked by what they mean: a cross for what goes, a tick for what stays. */
import { css } from 'lit';

export const confirmStyles = css`
  :host {
    display: contents;
  }
  wa-dialog {
    position: absolute;
  }
  form {
    display: grid;
    gap: 8px;
    color: var(--zlh-text);
  }
  ul {
    display: grid;
    gap: 4px;
    margin-bottom: 8px;
    color: var(--zlh-muted);
  }
  li {
    padding-left: 22px;
    position: relative;
  }
  li::before {
    position: absolute;
    left: 2px;
    font-weight: 700;
  }
  .lost li::before {
    content: '×';
    color: var(--zlh-bad);
  }
  .kept li::before {
    content: '✓';
    color: var(--zlh-ok);
  }
  wa-input b {
    font-weight: 650;
    user-select: all;
  }
`;
