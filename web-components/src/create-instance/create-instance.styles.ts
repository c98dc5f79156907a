/** Choices at the left, what they come to at the right and always in sight; on a phone the sum comes last. */
import { css } from 'lit';

export const createInstanceStyles = css`
  :host {
    display: grid;
    gap: 20px;
    align-content: start;
  }
  form {
    display: grid;
    grid-template-columns: minmax(0, 640px) minmax(240px, 320px);
    gap: 32px;
    align-items: start;
  }
  .steps {
    display: grid;
    gap: 24px;
  }
  .memory {
    position: relative;
  }
  .memory output {
    position: absolute;
    inset: 0 0 auto auto;
    font-weight: 600;
  }
  aside {
    position: sticky;
    top: 0;
    display: grid;
    gap: 12px;
    padding: 18px;
  }
  wa-slider::part(track) {
    background: var(--zlh-line);
  }
  .empty {
    padding: 32px;
  }
  .waiting {
    display: grid;
    gap: 16px;
    max-width: 640px;
  }
  .waiting .skeleton {
    height: 64px;
  }
  @media (max-width: 900px) {
    form {
      grid-template-columns: minmax(0, 1fr);
      gap: 24px;
    }
  }
`;
