/** Looks like a link beside the text it copies, with a finger's height of its own. */
import { css } from 'lit';

export const copyStyles = css`
  :host {
    display: inline-block;
    color: inherit;
    font: inherit;
  }
  button {
    all: unset;
    cursor: pointer;
    text-decoration: underline;
    text-underline-offset: 3px;
    text-decoration-color: color-mix(in oklab, currentColor 45%, transparent);
  }
  button:hover {
    color: var(--zlh-text);
  }
  button:focus-visible {
    outline: 2px solid var(--zlh-brand);
    outline-offset: 2px;
    border-radius: 4px;
  }
  @media (pointer: coarse) {
    button {
      padding: 8px 4px;
      margin: -8px -4px;
    }
  }
`;
