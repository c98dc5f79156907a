/** A form in one line, and a row for each backup; on a narrow page the buttons stand below. */
import { css } from 'lit';

export const backupsStyles = css`
  :host {
    display: grid;
    gap: 16px;
  }
  .make {
    display: flex;
    flex-wrap: wrap;
    align-items: end;
    gap: 12px;
  }
  .make wa-input {
    flex: 1 1 220px;
    max-width: 360px;
  }
  ul {
    list-style: none;
    margin: 0;
    padding: 0;
  }
  li {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px 12px;
    padding: 12px 16px;
  }
  li + li {
    border-top: 1px solid var(--zlh-line);
  }
  li p {
    margin: 2px 0 0;
    overflow-wrap: anywhere;
  }
  .grow {
    flex: 1 1 260px;
  }
  .state {
    margin-left: 8px;
    color: var(--zlh-muted);
  }
  .failed,
  .damaged,
  .fault {
    color: var(--zlh-bad);
  }
  .empty {
    padding: 24px;
    text-align: center;
  }
  .list {
    height: 64px;
  }
`;
