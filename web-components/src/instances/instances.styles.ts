/** Cards in as many columns as fit; skeletons in the same shape, so that nothing jumps when they arrive. */
import { css } from 'lit';

export const instancesStyles = css`
  :host {
    display: grid;
    gap: 20px;
    align-content: start;
  }
  header {
    flex-wrap: wrap;
    gap: 12px;
  }
  wa-input {
    width: min(280px, 100%);
  }
  wa-input::part(form-control-label) {
    position: absolute;
  }
  kbd {
    padding: 0 6px;
    border: 1px solid var(--zlh-line);
    border-radius: 4px;
    font: 12px/18px var(--zlh-font);
    color: var(--zlh-muted);
  }
  .cards {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(300px, 100%), 1fr));
    gap: 12px;
  }
  li {
    min-width: 0;
  }
  .waiting {
    display: grid;
    gap: 10px;
    padding: 16px;
    height: 108px;
  }
  .waiting .skeleton {
    height: 16px;
    width: 55%;
  }
  .waiting .skeleton + .skeleton {
    width: 80%;
    height: 12px;
  }
  .empty {
    display: grid;
    justify-items: center;
    gap: 8px;
    padding: 72px 24px;
    border: 1px dashed var(--zlh-line);
    border-radius: var(--zlh-radius);
    text-align: center;
  }
  .empty p {
    max-width: 42ch;
    margin-bottom: 12px;
  }
  .art {
    display: grid;
    place-items: center;
    width: 56px;
    height: 56px;
    margin-bottom: 8px;
    border-radius: 14px;
    background: color-mix(in oklab, var(--zlh-brand) 14%, transparent);
    color: var(--zlh-brand);
    font-size: 24px;
  }
  @media (max-width: 480px) {
    header wa-input {
      order: 3;
      width: 100%;
    }
  }
`;
