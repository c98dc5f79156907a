/**
 * Whether one run of the server is ready, by its probe. Promises that `ready` is only ever true after
 * a probe of this agent succeeded, and that the events come at most as often as something changed.
 */
import type { ConsoleHub } from '../console/console-hub.ts';
import type { Probe, ProbeKind, ProbeResult, ProbeTarget } from '../contract/points.ts';
import type { InstanceSpec } from '../contract/spec.ts';
import type { AgentStatus } from '../contract/status.ts';
import { errors } from './errors.ts';
import type { RunMemory } from './memory.ts';
import { ProbeLoop } from './probe-loop.ts';

/** Probe kinds by name. */
export type ProbeRegistry = ReadonlyMap<string, ProbeKind>;

export interface ReadinessEvents {
  /** Once, unless the run was ready before this agent. */
  firstReady(): void;
  /** Ready for `stableAfterMs` without a break. */
  stable(): void;
  changed(): void;
}

const SCROLLBACK = 262_144;
const wildcards: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

export class Readiness {
  readonly whenReady: Promise<void>;
  readonly firstAnswer: Promise<void>;
  readonly #loop: ProbeLoop;
  readonly #events: ReadinessEvents;
  readonly #stableAfterMs: number;
  readonly #unlisten: (() => void)[] = [];
  #since: string | null = null;
  #players: AgentStatus['players'] = null;
  #told: boolean;
  #stable: NodeJS.Timeout | undefined;
  #resolveReady = () => {};

  constructor(
    spec: InstanceSpec | undefined,
    probes: ProbeRegistry,
    console: ConsoleHub,
    run: RunMemory,
    events: ReadinessEvents,
  ) {
    if (spec === undefined) throw errors.notInstalled();
    this.#events = events;
    this.#told = run.readyAt !== null;
    this.#stableAfterMs = spec.crash.stableAfterMs;
    this.whenReady = new Promise((resolve) => (this.#resolveReady = resolve));
    const target = targetOf(spec, run, (listener) => {
      const past = console.tail(SCROLLBACK, run.offset);
      if (past !== '') listener(Buffer.from(past));
      this.#unlisten.push(console.listen(listener));
    });
    this.#loop = new ProbeLoop(createProbe(spec, probes, target), spec.probe, {
      result: (ready, result) => this.#result(ready, result),
    });
    this.firstAnswer = this.#loop.first;
  }

  get ready(): boolean {
    return this.#since !== null;
  }

  /** ISO 8601, null when not ready. */
  get since(): string | null {
    return this.#since;
  }

  get players(): AgentStatus['players'] {
    return this.#players;
  }

  stop(): void {
    this.#loop.stop();
    clearTimeout(this.#stable);
    for (const unlisten of this.#unlisten) unlisten();
  }

  #result(ready: boolean, { players }: ProbeResult): void {
    const before = JSON.stringify([this.ready, this.#players]);
    if (players !== undefined) this.#players = { online: players.online, max: players.max };
    if (ready && !this.ready) this.#becomeReady();
    else if (!ready && this.ready) this.#becomeUnready();
    if (JSON.stringify([this.ready, this.#players]) !== before) this.#events.changed();
  }

  #becomeReady(): void {
    this.#since = new Date().toISOString();
    this.#stable = setTimeout(() => this.#events.stable(), this.#stableAfterMs);
    if (!this.#told) this.#events.firstReady();
    this.#told = true;
    this.#resolveReady();
  }

  #becomeUnready(): void {
    this.#since = null;
    this.#players = null;
    clearTimeout(this.#stable);
  }
}

function targetOf(
  spec: InstanceSpec,
  run: RunMemory,
  onOutput: ProbeTarget['onOutput'],
): ProbeTarget {
  const port = spec.ports.find(({ name }) => name === spec.probe.port);
  return {
    host: wildcards[port?.host ?? '0.0.0.0'] ?? port?.host ?? '127.0.0.1',
    port: port?.port ?? null,
    options: spec.probe.options ?? {},
    timeoutMs: spec.probe.timeoutMs,
    wasReady: run.readyAt !== null,
    onOutput,
  };
}

/** A probe that cannot be made answers why, so that a running server is still taken over. */
function createProbe(spec: InstanceSpec, probes: ProbeRegistry, target: ProbeTarget): Probe {
  const kind = probes.get(spec.probe.kind);
  if (kind === undefined) return failing(`this agent has no probe "${spec.probe.kind}"`);
  try {
    return kind.create(target);
  } catch (error) {
    return failing(error instanceof Error ? error.message : String(error));
  }
}

function failing(detail: string): Probe {
  return { check: () => Promise.resolve({ ready: false, detail }) };
}
