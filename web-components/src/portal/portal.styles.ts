/** Only what stands outside the shell: the door. */
import { css } from 'lit';

export const portalStyles = css`
  :host {
    min-height: 100dvh;
    background: var(--zlh-ground);
  }
  .center {
    display: grid;
    place-content: center;
    justify-items: center;
    grid-template-columns: min(400px, 100%);
    gap: 20px;
    min-height: 100dvh;
    padding: 24px 16px;
  }
  .brand {
    display: flex;
    align-items: center;
    gap: 10px;
    font: 650 18px/28px var(--zlh-font);
    letter-spacing: -0.01em;
  }
`;
