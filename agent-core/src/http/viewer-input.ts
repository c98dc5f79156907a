/**
 * What one viewer sends to the game. Guarantees: a viewer who sends faster than the game reads, or more than anybody
 * types, is not listened to meanwhile; and whatever does not reach the game is told to the viewer who sent it.
 */
import type { WebSocket } from 'ws';
import type { Lane } from '../console/lane.ts';
import type { ConsoleMessage, ConsoleNotice } from '../contract/messages.ts';
import type { Refusal } from '../contract/refusal.ts';
import type { GameRun } from '../supervisor/game-run.ts';
import { refusals } from './problem.ts';
import { ViewerPace } from './viewer-pace.ts';

/** Between two notices that something was refused. */
const NOTICE_MS = 1_000;

export class ViewerInput {
  readonly #viewer: WebSocket;
  readonly #run: () => GameRun | undefined;
  readonly #pace = new ViewerPace();
  /** Its queue, in the run that it was made for. */
  #lane: { readonly run: GameRun; readonly keys: Lane } | undefined;
  #rest: NodeJS.Timeout | undefined;
  /** Runs after a notice; what is refused meanwhile is told at its end. */
  #quiet: NodeJS.Timeout | undefined;
  #untold: Refusal | undefined;

  constructor(viewer: WebSocket, run: () => GameRun | undefined) {
    this.#viewer = viewer;
    this.#run = run;
  }

  receive(message: ConsoleMessage): void {
    const run = this.#run();
    if (message.type === 'resize') run?.resize(message.cols, message.rows);
    else if (run === undefined) this.#refused(refusals.notRunning());
    else this.#laneIn(run).type(message.data);
    const restMs = this.#pace.count();
    if (restMs > 0) this.#restFor(restMs);
    else if (this.#lane?.keys.full === true) this.#viewer.pause();
  }

  leave(): void {
    clearTimeout(this.#rest);
    clearTimeout(this.#quiet);
  }

  #laneIn(run: GameRun): Lane {
    if (this.#lane?.run !== run) {
      const keys = run.input.lane({
        room: () => this.#listen(),
        refused: (reason) => this.#refused(reason),
      });
      this.#lane = { run, keys };
    }
    return this.#lane.keys;
  }

  #restFor(milliseconds: number): void {
    this.#viewer.pause();
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => {
      this.#rest = undefined;
      if (this.#lane?.keys.full !== true) this.#listen();
    }, milliseconds);
  }

  #listen(): void {
    if (this.#rest === undefined) this.#viewer.resume();
  }

  #refused(reason: Refusal): void {
    if (this.#quiet !== undefined) {
      this.#untold = reason;
      return;
    }
    const { code, message, hint } = reason;
    tell(this.#viewer, { type: 'refused', code, detail: `${message} ${hint}` });
    this.#quiet = setTimeout(() => {
      this.#quiet = undefined;
      const untold = this.#untold;
      this.#untold = undefined;
      if (untold !== undefined) this.#refused(untold);
    }, NOTICE_MS);
  }
}

export function tell(viewer: WebSocket, notice: ConsoleNotice): void {
  viewer.send(JSON.stringify(notice));
}
