/** Floats above everything, out of the way of the thumb and of dialogs' buttons. */
import { css } from 'lit';

export const toastsStyles = css`
  :host {
    position: fixed;
    inset: auto 16px 16px auto;
    z-index: 50;
    width: min(380px, calc(100vw - 32px));
    pointer-events: none;
  }
  [role='status'] {
    display: grid;
    gap: 8px;
  }
  .toast {
    display: flex;
    align-items: flex-start;
    gap: 10px;
    padding: 12px;
    border-radius: var(--zlh-radius);
    background: var(--zlh-raised);
    box-shadow: var(--zlh-shadow);
    pointer-events: auto;
    animation: enter var(--zlh-motion) ease-out;
  }
  @keyframes enter {
    from {
      opacity: 0;
      translate: 0 6px;
    }
  }
  .mark {
    width: 9px;
    height: 9px;
    margin: 6px 2px 0;
    border-radius: 50%;
    background: var(--tone);
  }
  .ok {
    --tone: var(--zlh-ok);
  }
  .busy {
    --tone: var(--zlh-busy);
  }
  .bad {
    --tone: var(--zlh-bad);
  }
  .bad .mark {
    border-radius: 0;
    rotate: 45deg;
  }
  a {
    font-weight: 600;
    white-space: nowrap;
  }
  button {
    all: unset;
    cursor: pointer;
    color: var(--zlh-muted);
    padding: 2px;
    border-radius: 4px;
  }
  button:hover {
    color: var(--zlh-text);
  }
  button:focus-visible {
    outline: 2px solid var(--zlh-brand);
  }
`;
