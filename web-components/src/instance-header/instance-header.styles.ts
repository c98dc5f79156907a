/** Wraps before it squeezes: on a phone the actions take a row of their own. */
import { css } from 'lit';

export const instanceHeaderStyles = css`
  :host {
    flex: none;
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 12px 24px;
  }
  .grow {
    flex: 1 1 320px;
  }
  nav a {
    text-decoration: none;
  }
  nav a:hover {
    text-decoration: underline;
  }
  .name {
    flex-wrap: wrap;
    gap: 2px 12px;
  }
  h1 {
    overflow-wrap: anywhere;
  }
  .facts {
    display: flex;
    flex-wrap: wrap;
    font-size: 13px;
    line-height: 20px;
  }
  .facts > span:not(:last-child)::after {
    content: '·';
    margin: 0 6px;
  }
  .address {
    overflow-wrap: anywhere;
  }
  .skeleton.title {
    width: 220px;
    height: 26px;
  }
  .skeleton.line {
    width: 100%;
    max-width: 340px;
    height: 14px;
  }
`;
