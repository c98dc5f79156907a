/**
 * Whether one run of the server is ready, by its probe. Promises that `ready` is only ever true after
 * a probe of this agent succeeded, and that the events come at most as often as something changed.
 */
import type { ConsoleHub } from '../console/console-hub.ts';
import type { Probe, ProbeKind, ProbeResult, ProbeTarget } from '../contract/points.ts';
import type { CrashPolicySpec, InstanceSpec, ProbeSign } from '../contract/spec.ts';
import type { AgentStatus, ProbeWord } from '../contract/status.ts';
import { loopbackOf } from '../lib/loopback.ts';
import { errors } from './errors.ts';
import type { RunMemory } from './memory.ts';
import { ProbeLoop } from './probe-loop.ts';
import { ProbeSet } from './probe-set.ts';

/** Probe kinds by name. */
export type ProbeRegistry = ReadonlyMap<string, ProbeKind>;

export interface ReadinessEvents {
  /** `first`: of this run; never for a run that was ready before this agent. */
  ready(first: boolean): void;
  unready(): void;
  /** Was ready and has not answered for `hangAfterMs`; once for each silence. */
  hung(): void;
  /** Ready for `stableAfterMs` without a break. */
  stable(): void;
  /** This row of the probes is the one that decides; see `ProbeSet`. */
  decided(row: number): void;
  changed(): void;
}

const SCROLLBACK = 262_144;

export class Readiness {
  readonly whenReady: Promise<void>;
  readonly firstAnswer: Promise<void>;
  readonly #loop: ProbeLoop;
  readonly #probes: ProbeSet;
  readonly #events: ReadinessEvents;
  readonly #policy: CrashPolicySpec;
  readonly #unlisten: (() => void)[] = [];
  #since: string | null = null;
  #players: AgentStatus['players'] = null;
  #told: boolean;
  #silentSince: string | null = null;
  /** Runs while it is ready, or while it is silent. */
  #timer: NodeJS.Timeout | undefined;
  #resolveReady = () => {};
  #looked = '';

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
    this.#policy = spec.crash;
    this.whenReady = new Promise((resolve) => (this.#resolveReady = resolve));
    const onOutput: ProbeTarget['onOutput'] = (listener) => {
      const past = console.tail(SCROLLBACK, run.offset);
      if (past !== '') listener(Buffer.from(past));
      this.#unlisten.push(console.listen(listener));
    };
    const make = (sign: ProbeSign) => ({
      kind: sign.kind,
      port: sign.port ?? null,
      probe: createProbe(sign, probes, targetOf(spec, sign, run, onOutput)),
    });
    const { otherwise = [], timeoutMs } = spec.probe;
    this.#probes = new ProbeSet({
      rows: [[make(spec.probe)], ...otherwise.map((row) => row.map(make))],
      timeoutMs,
      decidedBy: run.decidedBy,
      decided: (row) => events.decided(row),
    });
    this.#loop = new ProbeLoop((stop) => this.#probes.ask(stop), spec.probe, {
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

  /** Since when a run that was ready does not answer; ISO 8601, null otherwise. */
  get silentSince(): string | null {
    return this.#silentSince;
  }

  get players(): AgentStatus['players'] {
    return this.#players;
  }

  /** What each probe said last. */
  get words(): readonly ProbeWord[] {
    return this.#probes.words;
  }

  stop(): void {
    this.#loop.stop();
    clearTimeout(this.#timer);
    for (const unlisten of this.#unlisten) unlisten();
  }

  #result(ready: boolean, result: ProbeResult): void {
    const look = () => JSON.stringify([this.ready, this.#silentSince, this.#players, this.words]);
    // What was known of players holds until an answer says something else, or nothing.
    if (result.ready) this.#players = knownOf(result.players);
    if (ready && !this.ready) this.#becomeReady();
    else if (!ready && this.#told && this.#silentSince === null) this.#becomeSilent();
    if (look() === this.#looked) return;
    this.#looked = look();
    this.#events.changed();
  }

  #becomeReady(): void {
    this.#since = new Date().toISOString();
    this.#silentSince = null;
    this.#after(this.#policy.stableAfterMs, () => this.#events.stable());
    const first = !this.#told;
    this.#told = true;
    this.#events.ready(first);
    this.#resolveReady();
  }

  #becomeSilent(): void {
    this.#silentSince = new Date().toISOString();
    this.#since = null;
    this.#players = null;
    this.#after(this.#policy.hangAfterMs, () => this.#events.hung());
    this.#events.unready();
  }

  #after(milliseconds: number | undefined, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = milliseconds === undefined ? undefined : setTimeout(then, milliseconds);
  }
}

/** Null when neither figure is known. */
function knownOf(players: ProbeResult['players']): AgentStatus['players'] {
  const { online = null, max = null } = players ?? {};
  return online === null && max === null ? null : { online, max };
}

function targetOf(
  spec: InstanceSpec,
  sign: ProbeSign,
  run: RunMemory,
  onOutput: ProbeTarget['onOutput'],
): ProbeTarget {
  const port = spec.ports.find(({ name }) => name === sign.port);
  return {
    host: loopbackOf(port?.host ?? '0.0.0.0'),
    port: port?.port ?? null,
    options: sign.options ?? {},
    timeoutMs: spec.probe.timeoutMs,
    wasReady: run.readyAt !== null,
    onOutput,
  };
}

/** A probe that cannot be made answers why, so that a running server is still taken over. */
function createProbe(sign: ProbeSign, probes: ProbeRegistry, target: ProbeTarget): Probe {
  const kind = probes.get(sign.kind);
  if (kind === undefined) return failing(`this agent has no probe "${sign.kind}"`);
  try {
    return kind.create(target);
  } catch (error) {
    return failing(error instanceof Error ? error.message : String(error));
  }
}

function failing(detail: string): Probe {
  return { check: () => Promise.resolve({ ready: false, detail }) };
}
