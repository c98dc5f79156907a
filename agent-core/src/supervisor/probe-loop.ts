/**
 * Asks a probe again and again and tells what changed. Promises that a probe which never answers is
 * given up after its time-out, and that nothing is told after `stop`.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Probe, ProbeResult } from '../contract/points.ts';
import type { ProbeSpec } from '../contract/spec.ts';

/** Before the first success the server is asked more often, so that nobody waits for an interval. */
const EAGER_MS = 150;

/** Asks once; never rejects, and resolves soon after an abort. */
export type Ask = (stop: AbortSignal) => Promise<ProbeResult>;

export interface ProbeEvents {
  /** After each answer or failure. `ready` already respects `failuresToUnready`. */
  result(ready: boolean, result: ProbeResult): void;
}

export class ProbeLoop {
  readonly #stopping = new AbortController();
  /** Settles after the first answer, whatever it is. */
  readonly first: Promise<void>;

  constructor(ask: Ask, spec: ProbeSpec, events: ProbeEvents) {
    let answered = () => {};
    this.first = new Promise((resolve) => (answered = resolve));
    void this.#loop(ask, spec, events, answered);
  }

  stop(): void {
    this.#stopping.abort();
  }

  async #loop(ask: Ask, spec: ProbeSpec, events: ProbeEvents, answered: () => void): Promise<void> {
    const { signal } = this.#stopping;
    let ready = false;
    let failures = 0;
    while (!signal.aborted) {
      const result = await ask(signal);
      if (signal.aborted) break;
      failures = result.ready ? 0 : failures + 1;
      ready = result.ready || (ready && failures < spec.failuresToUnready);
      events.result(ready, result);
      answered();
      const wait = ready ? spec.intervalMs : Math.min(spec.intervalMs, EAGER_MS);
      await delay(wait, undefined, { signal }).catch(() => {}); // aborted: the loop's condition sees it
    }
    answered();
  }
}

/** Not ready when it takes longer than this, or fails; an aborted `stop` ends it. */
export async function askProbe(
  probe: Probe,
  timeoutMs: number,
  stop: AbortSignal,
): Promise<ProbeResult> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeoutMs);
  const signal = AbortSignal.any([stop, late.signal]);
  const givenUp = new Promise<ProbeResult>((resolve) => {
    const tell = () => resolve({ ready: false, detail: `no answer within ${timeoutMs} ms` });
    signal.addEventListener('abort', tell, { once: true });
  });
  try {
    return await Promise.race([probe.check(signal), givenUp]);
  } catch (error) {
    return { ready: false, detail: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}
