/** The whole card is the link, except what is a button inside it. */
import { css } from 'lit';

export const instanceCardStyles = css`
  [part='card'] {
    position: relative;
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 4px;
    padding: 14px 16px;
    transition: border-color var(--zlh-motion);
  }
  [part='card']:hover {
    border-color: var(--zlh-edge);
  }
  h2 a {
    text-decoration: none;
  }
  h2 a::after {
    content: '';
    position: absolute;
    inset: 0;
    border-radius: var(--zlh-radius);
  }
  h2 a:focus-visible {
    outline: none;
  }
  h2 a:focus-visible::after {
    outline: 2px solid var(--zlh-brand);
    outline-offset: 2px;
  }
  .foot {
    margin-top: 8px;
    min-height: 20px;
    color: var(--zlh-muted);
  }
  .code {
    font-size: 12.5px;
  }
  zlh-copy {
    position: relative;
    z-index: 1;
    margin-left: 6px;
  }
  .busy {
    color: var(--zlh-busy);
  }
  .bar {
    display: block;
    height: 2px;
    margin-top: 4px;
    border-radius: 2px;
    background: var(--zlh-line);
  }
  .bar span {
    display: block;
    height: 100%;
    border-radius: 2px;
    background: var(--zlh-busy);
    transition: width 300ms linear;
  }
  .skeleton {
    height: 68px;
  }
`;
