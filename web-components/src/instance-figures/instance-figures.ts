/** A server's numbers with their limits and their last minutes: players, memory, processor, and since when it is ready. */
import '../figure/figure.ts';
import '../time/time.ts';
import { html } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import type { AgentStatus, Instance } from '../api/schema.ts';
import type { Sample } from '../figure/figure.ts';
import { bytes, bytesText, memoryText } from '../words/quantities.ts';
import { sinceWhen } from '../words/times.ts';
import { instanceFiguresStyles } from './instance-figures.styles.ts';

const MIB = 1024 * 1024;
const NONE = '–';

/** One reading of a running server. */
export interface Reading {
  at: string;
  players: AgentStatus['players'];
  usage: AgentStatus['usage'];
}

/**
 * @element zlh-instance-figures
 * @summary Figures of `instance` from its latest `status` and the `readings` taken so far.
 */
export class ZlhInstanceFigures extends ZlhElement {
  static override styles = [base, instanceFiguresStyles];
  static override properties = {
    instance: { attribute: false },
    status: { attribute: false },
    readings: { attribute: false },
  };

  declare instance: Instance | undefined;
  declare status: AgentStatus | undefined;
  declare readings: readonly Reading[];

  constructor() {
    super();
    this.readings = [];
  }

  protected override render(): unknown {
    const up = this.instance?.observed === 'running';
    const loading = up && this.status === undefined;
    return html`${this.#players(loading)} ${this.#memory(loading)} ${this.#processor(loading)}
    ${this.#uptime(loading)}`;
  }

  #players(loading: boolean): unknown {
    const players = this.instance?.ready ? this.status?.players : undefined;
    const samples = this.#samples(
      ({ players: seen }) => seen?.online ?? undefined,
      (value) => `${value} players`,
    );
    return html`<zlh-figure
      label="Players"
      value=${players?.online ?? NONE}
      unit=${typeof players?.max === 'number' ? `of ${players.max}` : ''}
      limit=${players?.max ?? 0}
      .samples=${samples}
      ?loading=${loading}
    ></zlh-figure>`;
  }

  #memory(loading: boolean): unknown {
    const limit = (this.instance?.memoryMiB ?? 0) * MIB;
    const used =
      this.instance?.observed === 'running' ? this.status?.usage?.memoryBytes : undefined;
    const { value, unit } = used === undefined ? { value: NONE, unit: '' } : bytes(used);
    const of = `of ${memoryText(this.instance?.memoryMiB ?? 0)}`;
    return html`<zlh-figure
      label="Memory"
      class=${used !== undefined && used > 0.85 * limit ? 'high' : ''}
      value=${value}
      unit=${of.endsWith(unit) ? of : `${unit} ${of}`}
      limit=${limit}
      .samples=${this.#samples(({ usage }) => usage?.memoryBytes, bytesText)}
      ?loading=${loading}
    ></zlh-figure>`;
  }

  #processor(loading: boolean): unknown {
    const percent =
      this.instance?.observed === 'running' ? this.status?.usage?.cpuPercent : undefined;
    return html`<zlh-figure
      label="Processor"
      value=${typeof percent === 'number' ? Math.round(percent) : NONE}
      unit=${typeof percent === 'number' ? '%' : ''}
      limit="100"
      .samples=${this.#samples(
        ({ usage }) => usage?.cpuPercent ?? undefined,
        (value) => `${value.toFixed(1)} %`,
      )}
      ?loading=${loading}
    ></zlh-figure>`;
  }

  #uptime(loading: boolean): unknown {
    const since = this.instance?.ready ? this.status?.readySince : undefined;
    return html`<zlh-figure
      label="Ready for"
      .value=${since ? html`<zlh-time mode="since" at=${since}></zlh-time>` : NONE}
      ?loading=${loading}
    >
      <p class="small muted">${since ? `since ${sinceWhen(since)}` : 'Not ready for players'}</p>
    </zlh-figure>`;
  }

  #samples(
    pick: (reading: Reading) => number | undefined,
    text: (value: number) => string,
  ): Sample[] {
    return this.readings.flatMap((reading) => {
      const value = pick(reading);
      return value === undefined ? [] : [{ at: reading.at, value, text: text(value) }];
    });
  }
}

define('zlh-instance-figures', ZlhInstanceFigures);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-instance-figures': ZlhInstanceFigures;
  }
}
