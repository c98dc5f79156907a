/** A part of a page with a heading, something to do beside it, and a list in a card below. */
import { css } from 'lit';

export const sectionStyles = css`
  :host {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 16px;
  }
  header {
    flex-wrap: wrap;
    align-items: flex-start;
  }
  li {
    padding: 12px 16px;
  }
  li + li {
    border-top: 1px solid var(--zlh-line);
  }
  b {
    font-weight: 600;
  }
  .wait {
    padding: 20px;
  }
  .wait .skeleton {
    height: 20px;
  }
`;
