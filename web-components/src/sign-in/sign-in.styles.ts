/** One narrow card; everything in it has the width of the fields. */
import { css } from 'lit';

export const signInStyles = css`
  form {
    display: grid;
    gap: 16px;
    width: min(380px, 100%);
    padding: 28px;
  }
  header {
    margin-bottom: 4px;
  }
  wa-button {
    margin-top: 4px;
  }
  @media (max-width: 420px) {
    form {
      padding: 20px;
    }
  }
`;
