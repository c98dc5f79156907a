/** One line for what it is, one for where and when; beside it what ends it. */
import { css } from 'lit';

export const sessionsStyles = css`
  li {
    gap: 12px;
  }
  .device {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 8px;
  }
  p {
    overflow-wrap: anywhere;
  }
  .here {
    padding: 0 8px;
    border-radius: 999px;
    color: color-mix(in oklab, var(--zlh-brand) 86%, var(--zlh-text));
    background: color-mix(in oklab, var(--zlh-brand) 13%, transparent);
    font-weight: 620;
    font-size: 12px;
    line-height: 20px;
  }
  li > .icon {
    width: 20px;
    height: 20px;
    color: var(--zlh-muted);
  }
`;
