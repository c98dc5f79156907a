/**
 * The signs by which one run of the server is known to be ready: its probe, and the alternatives that its spec names in
 * order. A server whose probe answered once is judged by it from then on, so that an alternative never hides a hang;
 * where it never answered, because the server's owner switched it off, the next sign decides.
 *
 * Guarantees: the last word of each probe is kept, with the time since when it has been saying so.
 */
import type { Probe, ProbeResult } from '../contract/points.ts';
import type { ProbeWord } from '../contract/status.ts';
import { askProbe } from './probe-loop.ts';

export interface NamedProbe {
  readonly kind: string;
  /** Name of the port that is asked. */
  readonly port: string | null;
  readonly probe: Probe;
}

export interface ProbeSetOptions {
  /** The first row is the probe itself; of each further row all must hold. */
  readonly rows: readonly (readonly NamedProbe[])[];
  readonly timeoutMs: number;
  /** The row that decided before this agent came. */
  readonly decidedBy?: number | undefined;
  /** A row that is preferred to those before has answered for the first time. */
  decided(row: number): void;
}

const maxDetail = 200;

export class ProbeSet {
  readonly #options: ProbeSetOptions;
  readonly #words = new Map<NamedProbe, ProbeWord>();
  #decidedBy: number;

  constructor(options: ProbeSetOptions) {
    this.#options = options;
    this.#decidedBy = Math.min(options.decidedBy ?? Infinity, options.rows.length);
  }

  /** Of those that were asked, in the order of the spec. */
  get words(): readonly ProbeWord[] {
    return this.#options.rows.flat().flatMap((named) => this.#words.get(named) ?? []);
  }

  async ask(stop: AbortSignal): Promise<ProbeResult> {
    // What is less preferred than the one that decides is not worth a question.
    const rows = this.#options.rows.slice(0, this.#decidedBy + 1);
    const results = await Promise.all(rows.map((row) => this.#askRow(row, stop)));
    if (stop.aborted) return { ready: false };
    const first = results.findIndex(({ ready }) => ready);
    if (first < 0) return results[0]!;
    if (first < this.#decidedBy) {
      this.#decidedBy = first;
      this.#options.decided(first);
    }
    return results[first]!;
  }

  async #askRow(row: readonly NamedProbe[], stop: AbortSignal): Promise<ProbeResult> {
    const results = await Promise.all(row.map((named) => this.#askOne(named, stop)));
    return results.find(({ ready }) => !ready) ?? results[0]!;
  }

  async #askOne(named: NamedProbe, stop: AbortSignal): Promise<ProbeResult> {
    const result = await askProbe(named.probe, this.#options.timeoutMs, stop);
    if (stop.aborted) return result;
    const { ready } = result;
    const detail = result.detail?.slice(0, maxDetail) ?? null;
    const before = this.#words.get(named);
    if (before?.ready === ready && before.detail === detail) return result;
    const { kind, port } = named;
    this.#words.set(named, { kind, port, ready, detail, since: new Date().toISOString() });
    return result;
  }
}

/** Why a server was not ready, in the words of those that said so: a sentence or more, or nothing. */
export function lastWordsOf(words: readonly ProbeWord[]): string {
  return words
    .filter(({ ready }) => !ready)
    .map(({ kind, detail }) => ` The probe "${kind}" said last: ${detail ?? 'not ready'}.`)
    .join('');
}
