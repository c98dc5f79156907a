/**
 * The look as custom properties, each with its light and its dark value side by side: the used `color-scheme` chooses,
 * so a page, an element or the console alone can be dark. In `:where()`, so that a host's own `:root` rule wins.
 */
import { css } from 'lit';

export const tokens = css`
  :where(:root) {
    --zlh-ground: light-dark(oklch(0.975 0.004 255), oklch(0.165 0.012 255));
    --zlh-surface: light-dark(oklch(1 0 0), oklch(0.205 0.014 255));
    --zlh-raised: light-dark(oklch(0.985 0.003 255), oklch(0.245 0.016 255));
    --zlh-line: light-dark(oklch(0.9 0.006 255), oklch(0.31 0.016 255));
    /* The edge of what one types or clicks in: 3:1 against what it lies on. */
    --zlh-edge: light-dark(oklch(0.66 0.012 255), oklch(0.5 0.016 255));
    --zlh-hover: light-dark(oklch(0.945 0.006 255), oklch(0.27 0.017 255));

    --zlh-text: light-dark(oklch(0.22 0.02 255), oklch(0.95 0.006 255));
    --zlh-muted: light-dark(oklch(0.47 0.015 255), oklch(0.72 0.014 255));
    --zlh-faint: light-dark(oklch(0.53 0.012 255), oklch(0.62 0.014 255));

    --zlh-brand: light-dark(oklch(0.52 0.105 200), oklch(0.78 0.14 195));
    --zlh-on-brand: light-dark(oklch(0.99 0 0), oklch(0.2 0.04 220));

    --zlh-ok: light-dark(oklch(0.5 0.13 155), oklch(0.78 0.15 155));
    --zlh-warn: light-dark(oklch(0.55 0.12 70), oklch(0.82 0.14 85));
    --zlh-bad: light-dark(oklch(0.53 0.19 25), oklch(0.7 0.18 25));
    --zlh-busy: light-dark(oklch(0.5 0.15 255), oklch(0.76 0.12 250));
    --zlh-off: light-dark(oklch(0.52 0.01 255), oklch(0.66 0.01 255));
    --zlh-on-bad: light-dark(oklch(0.99 0 0), oklch(0.18 0.04 25));

    --zlh-scrim: light-dark(oklch(0.2 0.02 255 / 0.4), oklch(0.08 0.01 255 / 0.65));
    --zlh-shadow:
      0 0 0 1px var(--zlh-line),
      0 8px 28px light-dark(oklch(0.2 0.02 255 / 0.16), oklch(0 0 0 / 0.5));

    --zlh-font:
      'Inter Variable', Inter, ui-sans-serif, system-ui, 'Segoe UI', Roboto, 'Helvetica Neue',
      sans-serif;
    --zlh-code:
      ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, 'Liberation Mono',
      'DejaVu Sans Mono', monospace;
    --zlh-small: 12.5px;
    --zlh-radius: 10px;
    --zlh-radius-control: 6px;
    --zlh-motion: 150ms;
    /* How tall a control is: the finger needs more than the pointer. */
    --zlh-control-padding: 0.5em;
  }

  @media (pointer: coarse) {
    :where(:root) {
      --zlh-control-padding: 0.72em;
    }
  }

  @media (prefers-reduced-motion: reduce) {
    :where(:root) {
      --zlh-motion: 0ms;
    }
  }
`;
