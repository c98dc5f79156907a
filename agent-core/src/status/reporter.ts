/**
 * Tells the platform how it is: at once when something changed, and as a heartbeat. Promises one report
 * under way at a time, always the newest state, patience when the platform is away, and that a
 * missing platform never disturbs the game.
 */
import { json } from 'node:stream/consumers';
import type { Logger } from '@zlh/kernel';
import type { AgentReport } from '../contract/messages.ts';
import type { AgentStatus } from '../contract/status.ts';
import type { PlatformClient } from '../platform/platform-client.ts';
import type { Changes } from './changes.ts';
import type { StatusBoard } from './status-board.ts';

export interface ReporterOptions {
  readonly platform: PlatformClient;
  readonly board: StatusBoard;
  readonly changes: Changes;
  readonly log: Logger;
  /** Default 10 s; each beat varies by 20 %. */
  readonly heartbeatMs?: number;
}

const HEARTBEAT_MS = 10_000;
const JITTER = 0.2;
const FIRST_RETRY_MS = 200;
const MAX_RETRY_MS = 15_000;
const TIMEOUT_MS = 10_000;

export class Reporter {
  readonly #options: ReporterOptions;
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #unlisten = () => {};
  #sending = false;
  /** Something changed while a report was under way. */
  #stale = false;
  #failures = 0;
  /** The clock is a first guess after a start. The platform answers the number that it has heard. */
  #sequence = Date.now();
  #last = '';

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  start(): void {
    this.#unlisten = this.#options.changes.listen(() => this.#soon());
    this.#beat(0);
  }

  stop(): void {
    this.#unlisten();
    clearTimeout(this.#timer);
    this.#stopping.abort();
  }

  /** Changes of one turn of the loop make one report. */
  #soon(): void {
    if (this.#stale) return;
    this.#stale = true;
    setImmediate(() => {
      if (this.#sending || this.#stopping.signal.aborted) return;
      const unchanged = JSON.stringify(this.#options.board.status) === this.#last;
      // A platform that is away is asked again at the pace of the retries, not of the changes.
      if (unchanged || this.#failures > 0) this.#stale = false;
      else void this.#send();
    });
  }

  #beat(waitMs: number): void {
    clearTimeout(this.#timer);
    if (this.#stopping.signal.aborted) return;
    this.#timer = setTimeout(() => void this.#send(), waitMs);
  }

  async #send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    this.#stale = false;
    const { board, platform } = this.#options;
    const status = board.status;
    this.#last = JSON.stringify(status);
    const delivered = platform.known && (await this.#deliver(status));
    this.#sending = false;
    if (this.#stopping.signal.aborted) return;
    if (delivered && this.#stale) return void this.#send();
    this.#beat(delivered ? this.#heartbeat() : this.#retry());
  }

  async #deliver(status: AgentStatus): Promise<boolean> {
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(TIMEOUT_MS)]);
    try {
      const first = await this.#post(status, signal);
      const answer = first === 409 ? await this.#post(status, signal) : first;
      if (answer < 200 || answer > 299) throw new Error(`HTTP ${answer}`);
      if (this.#failures > 0) this.#options.log.info('the platform takes reports again');
      this.#failures = 0;
      return true;
    } catch (error) {
      if (this.#failures++ === 0 && !this.#stopping.signal.aborted) {
        this.#options.log.warn({ err: error }, 'the platform does not take reports; trying on');
      }
      return false;
    }
  }

  /** Answers the status. A 409 says which number the platform has heard. */
  async #post(status: AgentStatus, signal: AbortSignal): Promise<number> {
    const body: AgentReport = { sequence: ++this.#sequence, status };
    const request = { method: 'POST', path: '/api/agents/report', body, signal } as const;
    const response = await this.#options.platform.send(request);
    if (response.statusCode !== 409) response.resume();
    else {
      const { sequence } = (await json(response)) as { sequence?: unknown };
      if (Number.isSafeInteger(sequence)) this.#sequence = sequence as number;
    }
    return response.statusCode ?? 0;
  }

  #heartbeat(): number {
    const { heartbeatMs = HEARTBEAT_MS } = this.#options;
    return heartbeatMs * (1 - JITTER + 2 * JITTER * Math.random());
  }

  #retry(): number {
    const wait = Math.min(FIRST_RETRY_MS * 2 ** Math.min(this.#failures, 10), MAX_RETRY_MS);
    return wait * (1 - JITTER + 2 * JITTER * Math.random());
  }
}
