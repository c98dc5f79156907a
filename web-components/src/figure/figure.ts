/** A number with its limit and its recent past: what it is, of how much, and the line of how it came here. */
import { html, nothing, svg } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { exact } from '../words/times.ts';
import { figureStyles } from './figure.styles.ts';

/** One reading; `text` is its value in words, with the unit. */
export interface Sample {
  at: string;
  value: number;
  text: string;
}

const WIDTH = 200;
const HEIGHT = 32;

/**
 * @element zlh-figure
 * @summary A labelled number with an optional spark line of `samples`; hovering it gives exact value and time.
 * @slot - Takes the place of the spark line.
 */
export class ZlhFigure extends ZlhElement {
  static override styles = [base, figureStyles];
  static override properties = {
    label: {},
    value: {},
    unit: {},
    limit: { type: Number },
    samples: { attribute: false },
    loading: { type: Boolean },
    at: { state: true },
  };

  declare label: string;
  /** Text, a number, or something that draws itself. */
  declare value: unknown;
  /** What follows the number: its unit and its limit in words, "of 4 GiB". */
  declare unit: string;
  /** Top of the line, unless a value is above it. */
  declare limit: number;
  declare samples: readonly Sample[];
  declare loading: boolean;
  declare private at: number | undefined;

  constructor() {
    super();
    this.label = '';
    this.value = '';
    this.unit = '';
    this.limit = 0;
    this.samples = [];
    this.loading = false;
  }

  protected override render(): unknown {
    const hovered = this.at === undefined ? undefined : this.samples[this.at];
    return html`<div class="card">
      <div class="small muted">${this.label}</div>
      ${
        this.loading
          ? html`<span class="skeleton" style="width:64px;height:20px;margin:6px 0"></span>`
          : html`<div class="number">
              <b>${this.value}</b> <span class="small muted">${this.unit}</span>
            </div>`
      }
      <slot>${this.samples.length > 1 ? this.#line() : html`<div class="blank"></div>`}</slot>
      ${hovered ? html`<div class="reading small"><b>${hovered.text}</b> ${exact(hovered.at)}</div>` : nothing}
    </div>`;
  }

  #line(): unknown {
    const top = Math.max(this.limit, 1, ...this.samples.map(({ value }) => value));
    const step = WIDTH / (this.samples.length - 1);
    const points = this.samples.map(({ value }, index) => {
      const y = HEIGHT - 2 - (Math.min(value, top) / top) * (HEIGHT - 4);
      return `${(index * step).toFixed(1)},${y.toFixed(1)}`;
    });
    return html`<svg
      viewBox="0 0 ${WIDTH} ${HEIGHT}"
      preserveAspectRatio="none"
      aria-hidden="true"
      @pointermove=${this.#point}
      @pointerleave=${() => (this.at = undefined)}
    >
      ${svg`<polyline points=${points.join(' ')} vector-effect="non-scaling-stroke"/>`}
      ${
        this.at === undefined
          ? nothing
          : svg`<line x1=${this.at * step} x2=${this.at * step} y1="0" y2=${HEIGHT} vector-effect="non-scaling-stroke"/>`
      }
    </svg>`;
  }

  #point(event: PointerEvent): void {
    const box = (event.currentTarget as SVGElement).getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    this.at = Math.max(
      0,
      Math.min(this.samples.length - 1, Math.round(share * (this.samples.length - 1))),
    );
  }
}

define('zlh-figure', ZlhFigure);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-figure': ZlhFigure;
  }
}
