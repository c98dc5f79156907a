/** A form in a card, no wider than what is typed into it. */
import { css } from 'lit';

export const changePasswordStyles = css`
  form {
    display: grid;
    gap: 16px;
    padding: 16px;
  }
  wa-input {
    max-width: 420px;
  }
  /* Waits for what it will say, and takes no room until then. */
  [role='status']:not(.done) {
    position: absolute;
  }
  .card.done {
    padding: 12px 16px;
  }
  .done .icon {
    color: var(--zlh-ok);
  }
`;
