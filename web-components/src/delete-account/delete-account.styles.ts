/** A form in a card, no wider than the password that is typed into it. */
import { css } from 'lit';

export const deleteAccountStyles = css`
  form {
    display: grid;
    gap: 16px;
    padding: 16px;
  }
  wa-input {
    max-width: 420px;
  }
`;
