/** The number is what one sees from across the room; its line stays thin. `--zlh-figure-line` colours it. */
import { css } from 'lit';

export const figureStyles = css`
  .card {
    position: relative;
    padding: 14px 16px;
    height: 100%;
  }
  .number {
    font-variant-numeric: tabular-nums;
    margin: 2px 0 6px;
    white-space: nowrap;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  b {
    font-weight: 620;
  }
  .number b {
    font-size: 20px;
    line-height: 28px;
    letter-spacing: -0.01em;
  }
  svg,
  .blank {
    display: block;
    width: 100%;
    height: 32px;
  }
  svg {
    overflow: visible;
  }
  @media (max-width: 600px) {
    .card {
      padding: 10px 12px;
    }
    svg,
    .blank {
      height: 18px;
    }
  }
  polyline {
    fill: none;
    stroke: var(--zlh-figure-line, var(--zlh-brand));
    stroke-width: 1.5;
    stroke-linejoin: round;
  }
  line {
    stroke: var(--zlh-edge);
    stroke-width: 1;
  }
  .reading {
    position: absolute;
    inset: auto 8px calc(100% - 12px);
    z-index: 2;
    padding: 4px 8px;
    border-radius: var(--zlh-radius-control);
    background: var(--zlh-raised);
    box-shadow: var(--zlh-shadow);
    pointer-events: none;
  }
`;
