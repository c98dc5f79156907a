/** One quiet line below the servers; what is used up stands out. */
import { css } from 'lit';

export const hostCapacityStyles = css`
  dl {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 20px;
    margin: 0;
  }
  div {
    display: flex;
    gap: 6px;
  }
  dd {
    margin: 0;
  }
  .warning {
    color: var(--zlh-warn, inherit);
  }
  .full dd {
    color: var(--zlh-warn, inherit);
    font-weight: 600;
  }
`;
