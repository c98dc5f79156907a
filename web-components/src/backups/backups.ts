/**
 * The backups of a server: made with one click, restored with a checkpoint and a warning, deleted by
 * name.
 */
import '@awesome.me/webawesome/dist/components/button/button.js';
import '@awesome.me/webawesome/dist/components/input/input.js';
import '../confirm/confirm.ts';
import '../problem/problem.ts';
import '../time/time.ts';
import type WaInput from '@awesome.me/webawesome/dist/components/input/input.js';
import { html, nothing } from 'lit';
import { define, ZlhElement } from '../base/element.ts';
import { base } from '../base/base.styles.ts';
import { sectionStyles } from '../base/section.styles.ts';
import { Watch } from '../base/watch.ts';
import { ask } from '../api/client.ts';
import { asApiError, type ApiError } from '../api/problem.ts';
import type { Backup, Instance, Operation } from '../api/schema.ts';
import type { ZlhConfirm } from '../confirm/confirm.ts';
import { bytesText } from '../words/quantities.ts';
import { backupsStyles } from './backups.styles.ts';

const states: Readonly<Record<Backup['state'], string>> = {
  making: 'In the making',
  complete: 'Complete',
  failed: 'Failed',
  damaged: 'Damaged',
};
const types: Readonly<Record<Backup['type'], string>> = {
  manual: 'Made by hand',
  scheduled: 'By schedule',
  checkpoint: 'Checkpoint before a restore',
};

/**
 * @element zlh-backups
 * @summary The backups of `instance`, and what may be done with them.
 */
export class ZlhBackups extends ZlhElement {
  static override styles = [base, sectionStyles, backupsStyles];
  static override properties = {
    instance: { attribute: false },
    backups: { state: true },
    chosen: { state: true },
    asked: { state: true },
    error: { state: true },
  };

  declare instance: Instance | undefined;
  declare private backups: readonly Backup[] | undefined;
  /** Which one a question is about. */
  declare private chosen: Backup | undefined;
  declare private asked: boolean;
  declare private error: ApiError | undefined;
  #of = '';

  constructor() {
    super();
    this.asked = false;
    new Watch(
      this,
      () => this.connection,
      'operation',
      (event) => this.#heard((event as CustomEvent<Operation>).detail),
    );
    new Watch(
      this,
      () => this.connection,
      'resync',
      () => void this.#load(),
    );
  }

  protected override willUpdate(): void {
    const { id = '' } = this.instance ?? {};
    if (id === this.#of) return;
    this.#of = id;
    this.backups = undefined;
    void this.#load();
  }

  protected override render(): unknown {
    return html`<header class="row">
        <div class="grow">
          <h2>Backups</h2>
          <p class="muted">${this.#place()}</p>
        </div>
      </header>
      ${this.#form()}
      <zlh-problem .error=${this.error}></zlh-problem>
      ${this.#list()} ${this.#questions()}`;
  }

  #place(): string {
    const remote = this.backups?.find((backup) => backup.remote);
    if (remote !== undefined) return `Kept in ${remote.location}.`;
    return 'Kept on the machine of the platform: a lost machine takes them with it.';
  }

  #form(): unknown {
    return html`<form class="make" @submit=${this.#make}>
      <wa-input
        name="name"
        label="Name"
        placeholder="Before the update"
        maxlength="80"
        autocomplete="off"
      ></wa-input>
      <wa-button type="submit" variant="brand" ?loading=${this.asked} ?disabled=${this.#isBusy}
        >Back up now</wa-button
      >
    </form>`;
  }

  #list(): unknown {
    const { backups } = this;
    if (backups === undefined)
      return this.error ? nothing : html`<span class="skeleton list"></span>`;
    if (backups.length === 0)
      return html`<p class="card empty muted">
        No backup yet. The server keeps running while one is made, where its game can save.
      </p>`;
    return html`<ul class="card">
      ${backups.map((backup) => html`<li>${this.#row(backup)}</li>`)}
    </ul>`;
  }

  #row(backup: Backup): unknown {
    const { name, state, type, error, storedBytes, logicalBytes, files, createdAt } = backup;
    const sizes = `${bytesText(logicalBytes)} in ${files} files, ${bytesText(storedBytes)} stored`;
    return html`<div class="grow">
        <strong>${name}</strong>
        <span class="state ${state}">${states[state]}</span>
        <p class="muted">
          <zlh-time at=${createdAt}></zlh-time> ·
          ${types[type]}${state === 'complete' ? ` · ${sizes}` : nothing}
        </p>
        ${error ? html`<p class="fault">${error.detail}</p>` : nothing}
      </div>
      <wa-button
        appearance="filled-outlined"
        size="small"
        ?disabled=${state !== 'complete' || this.#isBusy}
        @click=${() => this.#choose(backup, 'restore')}
        >Restore<span class="hidden-text"> ${name}</span></wa-button
      >
      <wa-button
        appearance="plain"
        size="small"
        ?disabled=${state === 'making' || this.#isBusy}
        @click=${() => this.#choose(backup, 'delete')}
        >Delete<span class="hidden-text"> ${name}</span></wa-button
      >`;
  }

  #questions(): unknown {
    const { chosen, instance } = this;
    return html`<zlh-confirm
        id="restore"
        heading="Restore ${chosen?.name ?? ''}?"
        action="Restore backup"
        name=${instance?.name ?? ''}
        .lost=${['Every change since the backup', 'The connection of every player: the server is stopped and started again']}
        .kept=${['The files as they are now, in a checkpoint', 'The backup itself']}
      ></zlh-confirm>
      <zlh-confirm
        id="delete"
        heading="Delete ${chosen?.name ?? ''}?"
        action="Delete backup"
        name=${chosen?.name ?? ''}
        .lost=${['The files as they were in this backup, for good']}
        .kept=${['The server and its other backups']}
      ></zlh-confirm>`;
  }

  get #isBusy(): boolean {
    return this.asked || (this.instance?.operation ?? null) !== null;
  }

  #choose(backup: Backup, question: 'restore' | 'delete'): void {
    this.chosen = backup;
    const path = { id: this.#of, backupId: backup.id };
    const { client } = this.connection;
    this.renderRoot.querySelector<ZlhConfirm>(`#${question}`)!.ask(async () => {
      if (question === 'restore')
        this.connection.heard(
          await ask(
            client.POST('/api/instances/{id}/backups/{backupId}/restore', { params: { path } }),
          ),
        );
      else await ask(client.DELETE('/api/instances/{id}/backups/{backupId}', { params: { path } }));
      await this.#load();
    });
  }

  async #make(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const input = this.renderRoot.querySelector<WaInput>('wa-input')!;
    const name = (input.value ?? '').trim();
    this.asked = true;
    this.error = undefined;
    try {
      const body = name === '' ? {} : { name };
      const params = { path: { id: this.#of } };
      this.connection.heard(
        await ask(this.connection.client.POST('/api/instances/{id}/backups', { params, body })),
      );
      input.value = '';
      await this.#load();
    } catch (error) {
      this.error = asApiError(error);
    } finally {
      this.asked = false;
    }
  }

  #heard({ instanceId, kind }: Operation): void {
    if (instanceId === this.#of && kind.startsWith('backups.')) void this.#load();
  }

  async #load(): Promise<void> {
    const id = this.#of;
    if (id === '') return;
    try {
      const params = { path: { id } };
      const { items } = await ask(
        this.connection.client.GET('/api/instances/{id}/backups', { params }),
      );
      if (id === this.#of) this.backups = items;
    } catch (error) {
      this.error = asApiError(error);
    }
  }
}

define('zlh-backups', ZlhBackups);

declare global {
  interface HTMLElementTagNameMap {
    'zlh-backups': ZlhBackups;
  }
}
