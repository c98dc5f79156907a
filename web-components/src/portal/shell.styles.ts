/** Two columns; below 800 pixels a bar on top and the navigation in a drawer. The page alone scrolls. */
import { css } from 'lit';

export const shellStyles = css`
  :host {
    display: grid;
    grid-template: minmax(0, 1fr) / 232px minmax(0, 1fr);
    height: 100dvh;
    overflow: hidden;
  }
  header {
    display: contents;
  }
  .skip {
    position: absolute;
    z-index: 20;
    inset: 8px auto auto 8px;
    padding: 8px 12px;
    border: 1px solid var(--zlh-brand);
    border-radius: var(--zlh-radius-control);
    background: var(--zlh-raised);
    color: var(--zlh-text);
    font: inherit;
    translate: 0 -80px;
  }
  .skip:focus {
    translate: 0;
  }
  aside {
    border-right: 1px solid var(--zlh-line);
    overflow: auto;
  }
  .bar {
    display: none;
  }
  .frame {
    display: grid;
    grid-template: auto minmax(0, 1fr) / minmax(0, 1fr);
    min-width: 0;
    min-height: 0;
  }
  main {
    display: grid;
    padding: 24px 32px;
    overflow: auto;
    outline: none;
  }
  ::slotted(*) {
    min-width: 0;
  }
  .navigation {
    display: flex;
    flex-direction: column;
    gap: 4px;
    min-height: 100%;
    padding: 16px 12px 12px;
  }
  .brand {
    display: flex;
    align-items: center;
    gap: 10px;
    padding: 2px 10px;
    font: 650 15px/24px var(--zlh-font);
    letter-spacing: -0.01em;
    text-decoration: none;
  }
  .search {
    display: flex;
    align-items: center;
    gap: 10px;
    margin: 14px 0 8px;
    padding: 6px 8px 6px 10px;
    border: 1px solid var(--zlh-line);
    border-radius: var(--zlh-radius-control);
    background: var(--zlh-surface);
    color: var(--zlh-muted);
    font: inherit;
    text-align: left;
    cursor: pointer;
  }
  .search:hover {
    border-color: var(--zlh-edge);
  }
  kbd {
    padding: 0 5px;
    border: 1px solid var(--zlh-line);
    border-radius: 4px;
    font: 11px/16px var(--zlh-font);
  }
  nav {
    display: grid;
    gap: 2px;
  }
  nav a {
    display: flex;
    align-items: center;
    gap: 10px;
    padding: 7px 10px;
    border-radius: var(--zlh-radius-control);
    color: var(--zlh-muted);
    text-decoration: none;
  }
  nav a:hover {
    color: var(--zlh-text);
    background: var(--zlh-hover);
  }
  nav [aria-current] {
    background: light-dark(var(--zlh-surface), var(--zlh-raised));
    color: var(--zlh-text);
    font-weight: 620;
  }
  nav .icon {
    font-size: 15px;
  }
  footer {
    display: flex;
    align-items: center;
    gap: 2px;
    margin-top: auto;
    padding: 12px 0 0 10px;
  }
  .plain {
    all: unset;
    display: grid;
    place-items: center;
    width: 30px;
    height: 30px;
    border-radius: var(--zlh-radius-control);
    color: var(--zlh-muted);
    cursor: pointer;
  }
  .plain:hover {
    color: var(--zlh-text);
    background: var(--zlh-hover);
  }
  .plain:focus-visible {
    outline: 2px solid var(--zlh-brand);
  }
  .banner {
    display: flex;
    align-items: center;
    gap: 10px;
    padding: 9px 32px;
    border-bottom: 1px solid color-mix(in oklab, var(--zlh-warn) 40%, var(--zlh-line));
    background: color-mix(in oklab, var(--zlh-warn) 10%, var(--zlh-surface));
  }
  .banner .icon {
    color: var(--zlh-warn);
  }
  wa-drawer {
    --size: 264px;
    --spacing: 0px;
  }
  wa-drawer::part(dialog) {
    background: var(--zlh-ground);
  }
  @media (max-width: 800px) {
    :host {
      grid-template: auto minmax(0, 1fr) / minmax(0, 1fr);
    }
    aside {
      display: none;
    }
    .bar {
      display: flex;
      align-items: center;
      justify-content: space-between;
      padding: 8px 8px;
      border-bottom: 1px solid var(--zlh-line);
    }
    .bar .plain {
      width: 40px;
      height: 40px;
      font-size: 18px;
    }
    main {
      padding: 16px;
    }
    .banner {
      padding: 9px 16px;
    }
    .navigation nav a {
      padding: 11px 10px;
    }
  }
`;
