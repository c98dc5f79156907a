/** Four in a row, two on a phone. Memory near its limit draws its line in the warning tone. */
import { css } from 'lit';

export const instanceFiguresStyles = css`
  :host {
    display: grid;
    grid-template-columns: repeat(4, minmax(0, 1fr));
    gap: 12px;
    container-type: normal;
  }
  .high {
    --zlh-figure-line: var(--zlh-warn);
  }
  @media (max-width: 900px) {
    :host {
      grid-template-columns: repeat(2, minmax(0, 1fr));
      gap: 8px;
    }
  }
`;
