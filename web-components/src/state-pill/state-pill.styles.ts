/** Tone colours the text and, faintly, what lies under it; the shape's drawing is in the element. */
import { css } from 'lit';

export const statePillStyles = css`
  :host {
    display: inline-flex;
  }
  [part='pill'] {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    padding: 2px 9px 2px 7px;
    border-radius: 999px;
    /* A little of the text's colour: the tone alone is too faint on its own tint. */
    color: color-mix(in oklab, var(--tone) 86%, var(--zlh-text));
    background: color-mix(in oklab, var(--tone) 13%, transparent);
    font-weight: 620;
    font-size: 12px;
    line-height: 18px;
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
  .busy {
    --tone: var(--zlh-busy);
  }
  .off {
    --tone: var(--zlh-off);
  }
  ::slotted(*)::before {
    content: '· ';
  }
  svg {
    width: 11px;
    height: 11px;
    flex: none;
  }
  .turning {
    animation: turn 1s linear infinite;
  }
  @keyframes turn {
    to {
      rotate: 1turn;
    }
  }
`;
