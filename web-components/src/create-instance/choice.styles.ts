/** Choices as cards one can click anywhere: the radio button stays for the keyboard and those who hear the page. */
import { css } from 'lit';

export const choiceStyles = css`
  fieldset {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(200px, 100%), 1fr));
    gap: 8px;
    margin: 0;
    padding: 0;
    border: 0;
    min-width: 0;
  }
  legend {
    padding: 0;
    margin-bottom: 6px;
    font-weight: 550;
  }
  label {
    display: flex;
    gap: 10px;
    padding: 12px 14px;
    cursor: pointer;
    transition: border-color var(--zlh-motion);
  }
  label:hover {
    border-color: var(--zlh-edge);
  }
  label:has(:checked) {
    border-color: var(--zlh-brand);
    box-shadow: inset 0 0 0 1px var(--zlh-brand);
  }
  label:has(:focus-visible) {
    outline: 2px solid var(--zlh-brand);
    outline-offset: 2px;
  }
  input {
    accent-color: var(--zlh-brand);
    width: 16px;
    height: 16px;
    margin: 2px 0;
    flex: none;
  }
  input:focus-visible {
    outline: none;
  }
  label span {
    display: block;
    min-width: 0;
  }
  b {
    font-weight: 600;
  }
`;
