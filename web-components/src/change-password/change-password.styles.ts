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
  .done {
    padding: 12px 16px;
  }
  .done .icon {
    color: var(--zlh-ok);
  }
`;
