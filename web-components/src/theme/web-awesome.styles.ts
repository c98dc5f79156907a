/**
 * Web Awesome's own tokens, answered from ours: its controls then look like the rest, in dark and light, without its
 * theme files. `theme.test.ts` proves that no control uses a token that is missing here.
 */
import { css, unsafeCSS } from 'lit';

/** What a variant's name means in our tones. */
const TONES = { brand: 'brand', success: 'ok', warning: 'warn', danger: 'bad' } as const;

const variant = (name: string, tone: string): string => `
  --wa-color-${name}-fill-quiet: color-mix(in oklab, var(--zlh-${tone}) 10%, transparent);
  --wa-color-${name}-fill-normal: color-mix(in oklab, var(--zlh-${tone}) 18%, transparent);
  --wa-color-${name}-fill-loud: var(--zlh-${tone});
  --wa-color-${name}-border-quiet: color-mix(in oklab, var(--zlh-${tone}) 30%, transparent);
  --wa-color-${name}-border-normal: color-mix(in oklab, var(--zlh-${tone}) 45%, transparent);
  --wa-color-${name}-border-loud: var(--zlh-line);
  --wa-color-${name}-on-quiet: var(--zlh-${tone});
  --wa-color-${name}-on-normal: var(--zlh-${tone});
  --wa-color-${name}-on-loud: var(--zlh-on-${tone === 'bad' ? 'bad' : 'brand'});`;

const variants = unsafeCSS(
  Object.entries(TONES)
    .map(([name, tone]) => variant(name, tone))
    .join(''),
);

export const webAwesome = css`
  :where(:root) {
    ${variants}
    --wa-color-neutral-fill-quiet: var(--zlh-hover);
    --wa-color-neutral-fill-normal: var(--zlh-raised);
    --wa-color-neutral-fill-loud: var(--zlh-text);
    --wa-color-neutral-border-quiet: var(--zlh-line);
    --wa-color-neutral-border-normal: var(--zlh-line);
    --wa-color-neutral-border-loud: var(--zlh-line);
    --wa-color-neutral-on-quiet: var(--zlh-text);
    --wa-color-neutral-on-normal: var(--zlh-text);
    --wa-color-neutral-on-loud: var(--zlh-ground);

    --wa-color-text-normal: var(--zlh-text);
    --wa-color-text-quiet: var(--zlh-muted);
    --wa-color-surface-default: var(--zlh-surface);
    --wa-color-surface-raised: var(--zlh-surface);
    --wa-color-surface-border: var(--zlh-line);
    --wa-color-overlay-modal: var(--zlh-scrim);
    --wa-color-mix-hover: light-dark(black, white) 8%;
    --wa-color-mix-active: light-dark(black, white) 14%;
    --wa-color-focus: var(--zlh-brand);

    --wa-font-family-body: var(--zlh-font);
    --wa-font-size-smaller: 0.9em;
    --wa-font-size-xs: 12px;
    --wa-font-size-s: 13px;
    --wa-font-size-m: 14px;
    --wa-font-size-l: 16px;
    --wa-font-size-xl: 20px;
    --wa-font-weight-semibold: 550;
    --wa-font-weight-action: 600;
    --wa-font-weight-heading: 620;
    --wa-line-height-condensed: 1.43;
    --wa-space-2xs: 4px;
    --wa-space-xs: 8px;
    --wa-spacing-xs: 8px;
    --wa-space-l: 24px;
    --wa-space-2xl: 32px;

    --wa-border-style: solid;
    --wa-border-width-s: 1px;
    --wa-border-radius-s: 4px;
    --wa-border-radius-m: 8px;
    --wa-border-radius-pill: 999px;
    --wa-panel-border-radius: var(--zlh-radius);
    --wa-shadow-m: var(--zlh-shadow);
    --wa-shadow-l: var(--zlh-shadow);
    --wa-focus-ring-style: solid;
    --wa-focus-ring-width: 2px;
    --wa-focus-ring: solid 2px var(--zlh-brand);
    --wa-focus-ring-offset: 2px;
    --wa-transition-easing: ease;
    --wa-transition-fast: var(--zlh-motion);
    --wa-transition-normal: var(--zlh-motion);
    --wa-transition-slow: var(--zlh-motion);
    --wa-button-transform-hover: none;
    --wa-button-transform-active: none;

    --wa-form-control-activated-color: var(--zlh-brand);
    --wa-form-control-background-color: light-dark(var(--zlh-surface), var(--zlh-ground));
    --wa-form-control-border-color: var(--zlh-edge);
    --wa-form-control-border-radius: var(--zlh-radius-control);
    --wa-form-control-border-style: solid;
    --wa-form-control-border-width: 1px;
    --wa-form-control-padding-block: var(--zlh-control-padding);
    --wa-form-control-padding-inline: 0.85em;
    --wa-form-control-height: round(calc(2 * var(--zlh-control-padding) + 1.43em), 1px);
    --wa-form-control-toggle-size: 18px;
    --wa-form-control-hint-color: var(--zlh-muted);
    --wa-form-control-hint-font-weight: 400;
    --wa-form-control-hint-line-height: 1.43;
    --wa-form-control-label-color: var(--zlh-text);
    --wa-form-control-label-font-weight: 550;
    --wa-form-control-label-line-height: 1.43;
    --wa-form-control-placeholder-color: var(--zlh-faint);
    --wa-form-control-required-content: '';
    --wa-form-control-required-content-color: inherit;
    --wa-form-control-required-content-offset: 0;
    --wa-form-control-value-color: var(--zlh-text);
    --wa-form-control-value-font-size: 1em;
    --wa-form-control-value-font-weight: 400;
    --wa-form-control-value-line-height: 1.43;

    --wa-tooltip-arrow-size: 0px;
    --wa-tooltip-background-color: var(--zlh-text);
    --wa-tooltip-border-color: transparent;
    --wa-tooltip-border-radius: var(--zlh-radius-control);
    --wa-tooltip-border-style: solid;
    --wa-tooltip-border-width: 0px;
    --wa-tooltip-content-color: var(--zlh-ground);
    --wa-tooltip-font-size: 12px;
    --wa-tooltip-line-height: 1.43;
  }

  @media (pointer: coarse) {
    :where(:root) {
      /* Below 16px a phone zooms in as one starts to type. */
      --wa-form-control-value-font-size: 16px;
    }
  }
`;
