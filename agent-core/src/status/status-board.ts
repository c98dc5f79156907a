/**
 * The agent's one answer to "how is it": supervisor, operations and installation folded into a status
 * that contradicts itself nowhere.
 */
import { readFileSync } from 'node:fs';
import type { InstanceSpec } from '../contract/spec.ts';
import type { AgentState, AgentStatus, LimitName, LimitsKind } from '../contract/status.ts';
import type { Consent } from '../install/consent.ts';
import type { SpecStore } from '../install/spec-store.ts';
import type { Operations } from '../operations/operations.ts';
import type { Maintenance } from '../supervisor/maintenance.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { Changes } from './changes.ts';
import type { UsageHistory } from './usage-history.ts';

export const agentVersion = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  }
).version;

interface Sources {
  readonly supervisor: Supervisor;
  readonly operations: Operations;
  readonly specs: SpecStore;
  readonly usage: UsageHistory;
  readonly maintenance: Maintenance;
  readonly consent: Consent;
  readonly limits: LimitsKind;
  /** What could be kept to here, whatever the spec asks for. */
  readonly kept: readonly LimitName[];
  readonly release: () => string | null;
  readonly changes: Changes;
}

export class StatusBoard {
  readonly #sources: Sources;
  #state: AgentState = 'provisioning';
  #since = new Date().toISOString();

  constructor(sources: Sources) {
    this.#sources = sources;
    this.#look();
    sources.changes.listen(() => this.#look());
  }

  get status(): AgentStatus {
    const { supervisor, operations, specs, usage, maintenance, consent, limits, kept, release } =
      this.#sources;
    const { ready, wanted, readySince, unresponsiveSince, crash, players, probes } =
      supervisor.view;
    const spec = specs.spec;
    const address = spec?.ports[0];
    const runs = supervisor.run !== undefined;
    return {
      instanceId: spec?.instanceId ?? null,
      agentVersion,
      release: release(),
      revision: spec?.revision ?? -1,
      state: this.#state,
      ready,
      wanted,
      since: this.#since,
      readySince,
      unresponsiveSince,
      operation: operations.current,
      maintenance: maintenance.reason,
      crash,
      consent: consent.withdrawn,
      provisioningComplete: spec !== undefined,
      players,
      probes: [...probes],
      usage: usage.current,
      limits,
      enforced: kept.filter((name) => limitOf(spec, name) !== undefined),
      address: runs && address !== undefined ? { host: address.host, port: address.port } : null,
    };
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

function limitOf(spec: InstanceSpec | undefined, name: LimitName): number | undefined {
  return name === 'memoryMiB' ? spec?.memoryMiB : spec?.limits?.[name];
}
