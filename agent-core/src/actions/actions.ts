/**
 * Carries out typed actions, one after the other in the order they came, so that the answer to one is never taken for
 * the answer to another. An action is over when the game has confirmed or refused it, when it ended, or when its time
 * is up; whoever asked is told which.
 */
import { randomBytes } from 'node:crypto';
import { noInput } from '../contract/action-input.ts';
import type { ActionRequest, ActionResult, ActionSpec, ActionView } from '../contract/actions.ts';
import type { InstanceSpec } from '../contract/spec.ts';
import { refusals } from '../http/problem.ts';
import { composeLines } from './compose.ts';
import { refused } from './errors.ts';
import { OutcomeReader, type Outcome } from './outcome.ts';
import { Transcript } from './transcript.ts';

const DEFAULT_TIMEOUT_MS = 10_000;
const MOST_WAITING = 32;

export interface ActionParts {
  readonly spec: () => InstanceSpec | undefined;
  readonly ready: () => boolean;
  /** Names the run that is alive; undefined when nothing runs. */
  readonly run: () => object | undefined;
  /** Sends one line; resolves when the game has it, rejects with a refusal. */
  readonly command: (line: string) => Promise<void>;
  readonly onOutput: (listener: (chunk: Uint8Array) => void) => () => void;
}

export interface PerformOptions {
  readonly input?: NonNullable<ActionRequest['input']>;
  readonly unready?: boolean;
  /** Ends the waiting for a confirmation; lines that were sent stay sent. */
  readonly signal?: AbortSignal;
}

export class Actions {
  readonly #parts: ActionParts;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  /** Ends the action that is being carried out, together with its run. */
  #current: { readonly run: object | undefined; interrupt(): void } | undefined;

  constructor(parts: ActionParts) {
    this.#parts = parts;
  }

  /** To be called whenever a run may have ended. */
  follow(): void {
    const current = this.#current;
    if (current !== undefined && current.run !== this.#parts.run()) current.interrupt();
  }

  list(): ActionView[] {
    return Object.entries(this.#known()).map(([name, { title, description, input }]) => ({
      name,
      title,
      description: description ?? null,
      input: input ?? noInput,
    }));
  }

  async run(name: string, { input = {} }: ActionRequest): Promise<ActionResult> {
    const known = this.#known();
    const action = Object.hasOwn(known, name) ? known[name] : undefined;
    if (action === undefined) throw refused.unknown(name, Object.keys(known));
    return this.perform(action, { input });
  }

  /** An action that the spec need not know. `unready`: the server need not be ready for it. */
  async perform(action: ActionSpec, options: PerformOptions = {}): Promise<ActionResult> {
    const nonce = `zlh-${randomBytes(6).toString('hex')}`;
    const lines = composeLines(action, options.input ?? {}, nonce);
    this.#assertReady(options);
    if (this.#waiting >= MOST_WAITING) throw refused.tooMany();
    this.#waiting += 1;
    const own = this.#last.then(() => this.#carryOut(action, lines, nonce, options));
    this.#last = own.catch(() => {}); // whoever asked is told
    return own.finally(() => (this.#waiting -= 1));
  }

  #known(): Readonly<Record<string, ActionSpec>> {
    const { spec } = this.#parts;
    const installed = spec();
    if (installed === undefined) throw refusals.notInstalled();
    return installed.actions ?? {};
  }

  #assertReady({ unready = false, signal }: PerformOptions): void {
    signal?.throwIfAborted();
    if (this.#parts.run() === undefined) throw refusals.notRunning();
    if (!unready && !this.#parts.ready()) throw refused.notReady();
  }

  async #carryOut(
    action: ActionSpec,
    lines: string[],
    nonce: string,
    options: PerformOptions,
  ): Promise<ActionResult> {
    this.#assertReady(options);
    const reader = new OutcomeReader(action, nonce);
    const transcript = new Transcript(lines);
    const heard = Promise.withResolvers<Outcome>();
    const unlisten = this.#parts.onOutput((chunk) => {
      transcript.add(chunk);
      const outcome = reader.read(transcript.text);
      if (outcome.state !== 'open') heard.resolve(outcome);
    });
    this.#current = { run: this.#parts.run(), interrupt: () => heard.reject(refused.ended()) };
    heard.promise.catch(() => {}); // awaited below, unless a line is refused before
    const timeoutMs = action.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const timer = setTimeout(() => heard.reject(refused.unconfirmed(timeoutMs / 1000)), timeoutMs);
    const { signal } = options;
    const giveUp = () => heard.reject(signal?.reason);
    signal?.addEventListener('abort', giveUp);
    try {
      for (const line of lines) await this.#parts.command(line);
      if (!reader.waits) return { ok: true, result: {} };
      return resultOf(await heard.promise);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
      unlisten();
      this.#current = undefined;
    }
  }
}

function resultOf(outcome: Outcome): ActionResult {
  if (outcome.state === 'refused') throw refused.byTheGame(outcome.answer);
  return { ok: true, result: outcome.state === 'done' ? outcome.result : {} };
}
