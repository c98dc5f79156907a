/** Near the top, where the eyes are; as wide as a sentence. */
import { css } from 'lit';

export const paletteStyles = css`
  :host {
    display: contents;
  }
  dialog {
    width: min(560px, calc(100vw - 32px));
    margin: min(16vh, 120px) auto auto;
    padding: 0;
    border: 0;
    border-radius: var(--zlh-radius);
    background: var(--zlh-surface);
    color: var(--zlh-text);
    box-shadow: var(--zlh-shadow);
    overflow: hidden;
  }
  dialog::backdrop {
    background: var(--zlh-scrim);
  }
  dialog[open] {
    animation: enter var(--zlh-motion) ease-out;
  }
  @keyframes enter {
    from {
      opacity: 0;
      translate: 0 -6px;
    }
  }
  .search {
    padding: 0 14px;
    gap: 10px;
    border-bottom: 1px solid var(--zlh-line);
    color: var(--zlh-muted);
  }
  input {
    flex: 1;
    min-width: 0;
    height: 48px;
    border: 0;
    outline: none;
    background: none;
    color: var(--zlh-text);
    font: 15px/20px var(--zlh-font);
  }
  input:focus-visible {
    outline: none;
  }
  input::placeholder {
    color: var(--zlh-faint);
    opacity: 1;
  }
  kbd {
    padding: 0 6px;
    border: 1px solid var(--zlh-line);
    border-radius: 4px;
    font: 12px/18px var(--zlh-font);
  }
  ul {
    padding: 6px;
    max-height: 60vh;
    overflow: auto;
  }
  li {
    display: flex;
    align-items: center;
    gap: 10px;
    padding: 9px 10px;
    border-radius: var(--zlh-radius-control);
    cursor: pointer;
  }
  li .icon {
    color: var(--zlh-muted);
    font-size: 15px;
  }
  li[aria-selected='true'] {
    background: var(--zlh-hover);
    box-shadow: inset 2px 0 var(--zlh-brand);
  }
  .none {
    padding: 4px 16px 20px;
  }
`;
