/** What one can do to a server: the step it waits for in front, the drastic ones in a menu, deletion behind a question. */
import '@awesome.me/webawesome/dist/components/button/button.js';
import '@awesome.me/webawesome/dist/components/dropdown/dropdown.js';
import '@awesome.me/webawesome/dist/components/dropdown-item/dropdown-item.js';
import '../confirm/confirm.ts';
import { html, nothing } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { ask } from '../api/client.ts';
import { asApiError } from '../api/problem.ts';
import type { Instance } from '../api/schema.ts';
import { icon } from '../theme/icons.ts';
import type { ZlhConfirm } from '../confirm/confirm.ts';
import { instanceActionsStyles } from './instance-actions.styles.ts';
import { isUp, possibleActions, type Action } from './possible-actions.ts';

/** Actions that need no question. */
type Direct = Exclude<Action, 'delete'>;

/**
 * @element zlh-instance-actions
 * @summary Buttons that start, stop, restart, rebuild, kill and delete `instance`.
 * @event zlh-failed - An action was refused; `detail` is the error.
 */
export class ZlhInstanceActions extends ZlhElement {
  static override styles = [base, instanceActionsStyles];
  static override properties = { instance: { attribute: false }, asked: { state: true } };

  declare instance: Instance | undefined;
  declare private asked: Direct | undefined;

  protected override render(): unknown {
    const { instance } = this;
    if (!instance) return nothing;
    const open = possibleActions(instance);
    return html`${
        isUp(instance)
          ? html`${this.#button('stop', 'Stop', open)} ${this.#button('restart', 'Restart', open)}`
          : open.has('start')
            ? this.#button('start', 'Start', open)
            : nothing
      }
      ${this.#menu(open)}
      <zlh-confirm
        id="delete"
        heading="Delete ${instance.name}?"
        action="Delete server"
        name=${instance.name}
        .lost=${lostWith(instance)}
        .kept=${['The record of what was done to it, and by whom']}
      ></zlh-confirm>
      <zlh-confirm
        id="rebuild"
        heading="Rebuild ${instance.name}?"
        action="Rebuild server"
        .lost=${['Changes of files that the game brings itself', 'The connection of every player']}
        .kept=${['Worlds, settings and your own files, where its container still has them', 'The set of mods, which is installed anew']}
      ></zlh-confirm>
      <zlh-confirm
        id="kill"
        heading="Kill ${instance.name}?"
        action="Kill server"
        .lost=${['Everything since the last save', 'The connection of every player, at once']}
        .kept=${['The server and all that was saved']}
      ></zlh-confirm>`;
  }

  #button(action: Direct, label: string, open: ReadonlySet<Action>): unknown {
    const busy = this.asked !== undefined || !open.has(action);
    const loud = action === 'start';
    return html`<wa-button
      class=${action}
      variant=${loud ? 'brand' : 'neutral'}
      appearance=${loud ? 'accent' : 'filled-outlined'}
      ?disabled=${busy && this.asked !== action}
      ?loading=${this.asked === action}
      @click=${() => this.act(action)}
      >${loud ? icon('play', 'start') : nothing}${label}</wa-button
    >`;
  }

  #menu(open: ReadonlySet<Action>): unknown {
    return html`<wa-dropdown placement="bottom-end" @wa-select=${this.#selected}>
      <wa-button slot="trigger" appearance="filled-outlined" aria-label="More actions"
        ><span class="hidden-text">More actions</span>${icon('more')}</wa-button
      >
      <wa-dropdown-item value="rebuild" ?disabled=${!open.has('rebuild')}
        >${icon('restart', 'icon')}Rebuild</wa-dropdown-item
      >
      <wa-dropdown-item value="kill" ?disabled=${!open.has('kill')}
        >${icon('bolt', 'icon')}Kill</wa-dropdown-item
      >
      <wa-dropdown-item value="delete" variant="danger" ?disabled=${!open.has('delete')}
        >${icon('trash', 'icon')}Delete server</wa-dropdown-item
      >
    </wa-dropdown>`;
  }

  #selected(event: CustomEvent<{ item: { value: string } }>): void {
    const { value } = event.detail.item;
    if (value === 'kill' || value === 'rebuild') this.#confirm(value).ask(() => this.#send(value));
    else this.askDelete();
  }

  /** Opens the question whether to delete. */
  askDelete(): void {
    this.#confirm('delete').ask(async () => {
      const { client } = this.connection;
      if (this.instance)
        this.connection.heard(await ask(client.DELETE('/api/instances/{id}', this.#params)));
    });
  }

  /** Does one of the actions that need no question. Refusals become `zlh-failed`. */
  async act(action: Direct): Promise<void> {
    this.asked = action;
    try {
      await this.#send(action);
    } catch (error) {
      this.emit('zlh-failed', asApiError(error));
    } finally {
      this.asked = undefined;
    }
  }

  async #send(action: Direct): Promise<void> {
    this.connection.heard(
      await ask(this.connection.client.POST(`/api/instances/{id}/${action}`, this.#params)),
    );
  }

  get #params(): { params: { path: { id: string } } } {
    return { params: { path: { id: this.instance?.id ?? '' } } };
  }

  #confirm(id: 'rebuild' | 'kill' | 'delete'): ZlhConfirm {
    return this.renderRoot.querySelector<ZlhConfirm>(`#${id}`)!;
  }
}

function lostWith({ kind, hostname }: Instance): string[] {
  return [
    kind === 'game'
      ? 'The world, its players’ progress and every file'
      : 'The workspace and every file',
    `The address ${hostname}`,
    'Its console log',
  ];
}

define('zlh-instance-actions', ZlhInstanceActions);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-instance-actions': ZlhInstanceActions;
  }
}
