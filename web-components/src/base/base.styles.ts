/** What every element starts from: the type, links, focus and the few patterns that recur. Nothing here is specific. */
import { css } from 'lit';

export const base = css`
  :host {
    display: block;
    color: var(--zlh-text);
    font: 400 14px/20px var(--zlh-font);
    font-feature-settings: 'cv05', 'ss03';
    -webkit-font-smoothing: antialiased;
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  h1,
  h2,
  h3,
  p,
  ul,
  ol,
  dl,
  dd {
    margin: 0;
    padding: 0;
  }
  ul,
  ol {
    list-style: none;
  }
  h1 {
    font: 620 24px/32px var(--zlh-font);
    letter-spacing: -0.015em;
  }
  h2 {
    font: 620 20px/28px var(--zlh-font);
    letter-spacing: -0.01em;
  }
  h3,
  .minor {
    font: 600 14px/20px var(--zlh-font);
    letter-spacing: normal;
  }
  a {
    color: inherit;
    text-underline-offset: 3px;
    text-decoration-color: color-mix(in oklab, currentColor 45%, transparent);
  }
  a:hover {
    text-decoration-color: currentColor;
  }
  :focus-visible {
    outline: 2px solid var(--zlh-brand);
    outline-offset: 2px;
    border-radius: 4px;
  }
  .icon {
    width: 1.15em;
    height: 1.15em;
    flex: none;
    display: block;
  }
  .muted {
    color: var(--zlh-muted);
  }
  .faint {
    color: var(--zlh-faint);
  }
  .small {
    font-size: var(--zlh-small);
    line-height: 18px;
  }
  .figures {
    font-variant-numeric: tabular-nums;
  }
  .code {
    font-family: var(--zlh-code);
    font-size: 13px;
  }
  .card {
    background: var(--zlh-surface);
    border: 1px solid var(--zlh-line);
    border-radius: var(--zlh-radius);
  }
  .row {
    display: flex;
    align-items: center;
    gap: 8px;
  }
  .grow {
    flex: 1;
    min-width: 0;
  }
  .one-line {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .hidden-text {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .skeleton {
    display: block;
    border-radius: 4px;
    background: var(--zlh-line);
    opacity: 0.7;
    animation: breathe 1.6s ease-in-out infinite alternate;
  }
  @keyframes breathe {
    to {
      opacity: 0.35;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation-duration: 0.001ms !important;
      animation-iteration-count: 1 !important;
      transition-duration: 0.001ms !important;
    }
  }
`;
