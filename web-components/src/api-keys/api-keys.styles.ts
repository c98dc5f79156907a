/** A list, a form above it, and the secret in a frame nobody overlooks. */
import { css } from 'lit';

export const apiKeysStyles = css`
  .secret {
    display: grid;
    gap: 8px;
    justify-items: start;
    padding: 16px;
    border-color: var(--zlh-brand);
  }
  .secret .row {
    width: 100%;
  }
  code {
    padding: 6px 10px;
    border-radius: var(--zlh-radius-control);
    background: var(--zlh-ground);
    overflow-wrap: anywhere;
  }
`;

export const newApiKeyStyles = css`
  form {
    display: grid;
    gap: 16px;
    padding: 16px;
  }
  fieldset {
    display: grid;
    gap: 10px;
    margin: 0;
    padding: 0;
    border: 0;
  }
  legend {
    padding: 0;
    margin-bottom: 8px;
    font-weight: 550;
  }
  .row {
    flex-wrap: wrap;
  }
`;
