/**
 * Console viewers over WebSocket. Promises that a viewer who sends nonsense, nothing or too much, or
 * reads too slowly, harms nobody else.
 *
 * A viewer who types faster than the game reads is not listened to meanwhile; a viewer whose input the game
 * does not get at all is told so.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { ConsoleHub } from '../console/console-hub.ts';
import { ConsoleMessage } from '../contract/messages.ts';
import { compileCheck } from '../lib/faults.ts';
import type { GameRun } from '../supervisor/game-run.ts';
import { tell, ViewerInput } from './viewer-input.ts';

const MAX_VIEWERS = 256;
const MAX_MESSAGE = 65_536;
const PING_MS = 30_000;
/** Time to read that the agent ends; who does not read must not hold it up. */
const FAREWELL_MS = 500;
const POLICY = 1008;
const TRY_LATER = 1013;

export class ConsoleSockets {
  readonly #hub: ConsoleHub;
  readonly #run: () => GameRun | undefined;
  readonly #server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE,
  });
  readonly #check = compileCheck(ConsoleMessage);

  constructor(hub: ConsoleHub, run: () => GameRun | undefined) {
    this.#hub = hub;
    this.#run = run;
  }

  /** Takes over a request that was authorised already. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (viewer) => this.#serve(viewer));
  }

  close(): void {
    const viewers = [...this.#server.clients];
    for (const viewer of viewers) viewer.close(1001, 'the agent is ending');
    this.#server.close();
    setTimeout(() => {
      for (const viewer of viewers) viewer.terminate();
    }, FAREWELL_MS).unref();
  }

  #serve(viewer: WebSocket): void {
    viewer.on('error', () => viewer.terminate());
    if (this.#server.clients.size > MAX_VIEWERS) return viewer.close(TRY_LATER, 'too many viewers');
    tell(viewer, { type: 'kind', kind: this.#hub.kind });
    const leave = this.#hub.view({
      get backlog() {
        return viewer.bufferedAmount;
      },
      send: (bytes, sent) => viewer.send(bytes, { binary: true }, sent),
      resync: () => tell(viewer, { type: 'resync' }),
    });
    const stopPings = keepAlive(viewer);
    const input = new ViewerInput(viewer, this.#run);
    viewer.on('close', () => {
      leave();
      stopPings();
      input.leave();
    });
    viewer.on('message', (data: Buffer, binary) => {
      const message = binary ? undefined : this.#read(data);
      if (message === undefined) viewer.close(POLICY, 'not a console message');
      else input.receive(message);
    });
  }

  /** Undefined when it is no message of the contract. */
  #read(data: Buffer): ConsoleMessage | undefined {
    let message: unknown;
    try {
      message = JSON.parse(data.toString());
    } catch {
      return undefined; // not JSON: the caller says so to the viewer
    }
    return this.#check(message).length > 0 ? undefined : (message as ConsoleMessage);
  }
}

/** Ends connections whose other side is gone without a word. */
function keepAlive(viewer: WebSocket): () => void {
  let answered = true;
  viewer.on('pong', () => (answered = true));
  const timer = setInterval(() => {
    // While it is not listened to its answer cannot be heard.
    if (!answered && !viewer.isPaused) return viewer.terminate();
    answered = false;
    viewer.ping();
  }, PING_MS);
  return () => clearInterval(timer);
}
