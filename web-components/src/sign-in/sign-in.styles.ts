/** One narrow card; everything in it has the width of the fields. */
import { css } from 'lit';

export const signInStyles = css`
  :host {
    width: 100%;
    max-width: 400px;
  }
  form {
    display: grid;
    gap: 16px;
    padding: 28px;
  }
  header {
    margin-bottom: 4px;
  }
  wa-button {
    margin-top: 4px;
  }
  @media (max-width: 420px) {
    :host {
      width: 100%;
      max-width: 400px;
    }
    form {
      padding: 20px;
    }
  }
`;
