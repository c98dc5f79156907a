/**
 * The agent's one answer to "how is it": supervisor, operations and installation folded into a status
 * that contradicts itself nowhere.
 */
import { readFileSync } from 'node:fs';
import type { AgentState, AgentStatus } from '../contract/status.ts';
import type { SpecStore } from '../install/spec-store.ts';
import type { Operations } from '../operations/operations.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { Changes } from './changes.ts';
import { UsageMeter } from './usage.ts';

export const agentVersion = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  }
).version;

interface Sources {
  readonly supervisor: Supervisor;
  readonly operations: Operations;
  readonly specs: SpecStore;
  readonly changes: Changes;
}

export class StatusBoard {
  readonly #sources: Sources;
  readonly #meter = new UsageMeter();
  #usage: AgentStatus['usage'] = null;
  #state: AgentState = 'provisioning';
  #since = new Date().toISOString();

  constructor(sources: Sources) {
    this.#sources = sources;
    this.#look();
    sources.changes.listen(() => this.#look());
  }

  get status(): AgentStatus {
    const { supervisor, operations, specs } = this.#sources;
    const { ready, readySince, crash, players } = supervisor.view;
    const spec = specs.spec;
    const address = spec?.ports[0];
    const runs = supervisor.run !== undefined;
    return {
      instanceId: spec?.instanceId ?? null,
      agentVersion,
      revision: spec?.revision ?? -1,
      state: this.#state,
      ready,
      since: this.#since,
      readySince,
      operation: operations.current,
      maintenance: null,
      crash,
      provisioningComplete: spec !== undefined,
      players,
      usage: runs ? this.#usage : null,
      address: runs && address !== undefined ? { host: address.host, port: address.port } : null,
    };
  }

  /** Takes new figures of memory and processor; meant for the heartbeat. */
  measure(): void {
    this.#usage = this.#meter.measure(this.#sources.supervisor.run);
  }

  #look(): void {
    const state = this.#currentState();
    if (state === this.#state) return;
    this.#state = state;
    this.#since = new Date().toISOString();
  }

  #currentState(): AgentState {
    const { supervisor, operations, specs } = this.#sources;
    const { state } = supervisor.view;
    if (state !== 'stopped') return state;
    if (operations.current?.kind === 'install') return 'installing';
    return specs.spec === undefined ? 'provisioning' : 'stopped';
  }
}
