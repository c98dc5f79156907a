/** Dark in both schemes: logs are read as they are in a terminal. The tokens follow from the one line that says so. */
import { css } from 'lit';

export const consoleStyles = css`
  :host {
    color-scheme: dark;
    min-height: 240px;
    --ground: #05070a;
  }
  [part='console'] {
    display: flex;
    flex-direction: column;
    height: 100%;
    min-height: inherit;
    border: 1px solid var(--zlh-line);
    border-radius: var(--zlh-radius);
    background: var(--ground);
    color: var(--zlh-text);
    overflow: hidden;
  }
  header,
  .search {
    gap: 10px;
    padding: 7px 8px 7px 14px;
    border-bottom: 1px solid var(--zlh-raised);
    color: var(--zlh-muted);
  }
  .live {
    display: inline-flex;
    align-items: center;
    gap: 6px;
  }
  .live:not(:empty)::before {
    content: '';
    width: 7px;
    height: 7px;
    border-radius: 50%;
    background: var(--zlh-warn);
  }
  .live.open::before {
    background: var(--zlh-ok);
  }
  .live.closed {
    display: none;
  }
  button {
    all: unset;
    display: grid;
    place-items: center;
    min-width: 26px;
    height: 26px;
    border-radius: var(--zlh-radius-control);
    color: var(--zlh-muted);
    cursor: pointer;
  }
  button:hover {
    color: var(--zlh-text);
    background: var(--zlh-raised);
  }
  button:focus-visible {
    outline: 2px solid var(--zlh-brand);
  }
  .body {
    position: relative;
    flex: 1;
    min-height: 0;
    padding: 10px 4px 6px 14px;
  }
  .screen {
    height: 100%;
  }
  .screen:focus-visible {
    outline-offset: 4px;
  }
  .xterm-viewport {
    background: transparent !important;
  }
  .nothing {
    position: absolute;
    inset: 0;
    display: grid;
    place-items: center;
    color: var(--zlh-faint);
    pointer-events: none;
  }
  .more {
    position: absolute;
    inset: auto auto 12px 50%;
    translate: -50% 0;
    z-index: 10;
    display: flex;
    align-items: center;
    gap: 6px;
    height: 30px;
    padding: 0 12px;
    border-radius: 999px;
    background: var(--zlh-brand);
    color: var(--zlh-on-brand);
    font-weight: 600;
    font-size: 12.5px;
  }
  .more:hover {
    background: var(--zlh-brand);
    color: var(--zlh-on-brand);
  }
  .refusal {
    margin: 0;
    padding: 6px 14px;
    border-top: 1px solid var(--zlh-raised);
    color: var(--zlh-warn);
  }
  .input {
    padding: 0 14px;
    border-top: 1px solid var(--zlh-raised);
    color: var(--zlh-muted);
    font: 13px/19px var(--zlh-code);
  }
  .input:focus-within {
    box-shadow: inset 0 0 0 2px var(--zlh-brand);
    border-radius: 0 0 calc(var(--zlh-radius) - 1px) calc(var(--zlh-radius) - 1px);
  }
  input {
    flex: 1;
    min-width: 0;
    height: 42px;
    border: 0;
    padding: 0;
    outline: none;
    background: none;
    color: var(--zlh-text);
    font: inherit;
  }
  input:focus-visible {
    outline: none;
  }
  .search input {
    height: 26px;
    font: 13px/19px var(--zlh-code);
  }
  .search:focus-within {
    box-shadow: inset 2px 0 var(--zlh-brand);
  }
  input::placeholder {
    color: var(--zlh-faint);
    opacity: 1;
  }
  @media (pointer: coarse) {
    .input {
      font-size: 16px;
    }
    button {
      min-width: 40px;
      height: 36px;
    }
  }
`;
