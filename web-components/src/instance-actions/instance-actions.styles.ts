/** Stop is red in its word only: it takes players out, but undoing it is one click. */
import { css } from 'lit';

export const instanceActionsStyles = css`
  :host {
    display: flex;
    gap: 8px;
  }
  .stop {
    --wa-color-neutral-on-normal: var(--zlh-bad);
  }
  wa-dropdown-item .icon {
    font-size: 15px;
  }
  wa-dropdown-item {
    font-size: 14px;
  }
`;
