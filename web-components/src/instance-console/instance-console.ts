/** The first tab of a server: its figures while there is something to measure, and its console. */
import '../instance-figures/instance-figures.ts';
import { html, nothing } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import type { AgentStatus, Instance } from '../api/schema.ts';
import type { Reading } from '../instance-figures/instance-figures.ts';
import { instanceConsoleStyles } from './instance-console.styles.ts';

/** States in which there is something to measure. */
const UP: ReadonlySet<Instance['observed']> = new Set([
  'starting',
  'running',
  'stopping',
  'unreachable',
]);

/**
 * @element zlh-instance-console
 * @summary Figures and console of `instance`, from its latest `status` and the `readings` taken so far.
 */
export class ZlhInstanceConsole extends ZlhElement {
  static override styles = [base, instanceConsoleStyles];
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

  override connectedCallback(): void {
    super.connectedCallback();
    void import('../console/console.ts');
  }

  protected override render(): unknown {
    const { instance, status, readings } = this;
    if (!instance) return nothing;
    return html`${
        UP.has(instance.observed)
          ? html`<zlh-instance-figures
              .instance=${instance}
              .status=${status}
              .readings=${readings}
            ></zlh-instance-figures>`
          : nothing
      }
      <zlh-console
        instance-id=${instance.id}
        server=${this.server}
        token=${this.token}
      ></zlh-console>`;
  }
}

define('zlh-instance-console', ZlhInstanceConsole);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-instance-console': ZlhInstanceConsole;
  }
}
