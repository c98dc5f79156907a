/**
 * Console viewers over WebSocket. Promises that a viewer who sends nonsense, nothing or too much, or
 * reads too slowly, harms nobody else.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { ConsoleHub } from '../console/console-hub.ts';
import { ConsoleMessage } from '../contract/messages.ts';
import type { GameRun } from '../supervisor/game-run.ts';
import { compileCheck } from '../lib/faults.ts';

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
    const leave = this.#hub.view({
      get backlog() {
        return viewer.bufferedAmount;
      },
      send: (bytes, sent) => viewer.send(bytes, { binary: true }, sent),
      resync: () => viewer.send('{"type":"resync"}'),
    });
    const stopPings = keepAlive(viewer);
    viewer.on('close', () => {
      leave();
      stopPings();
    });
    viewer.on('message', (data: Buffer, binary) => {
      if (binary || !this.#receive(data)) viewer.close(POLICY, 'not a console message');
    });
  }

  /** False when it is no message of the contract. */
  #receive(data: Buffer): boolean {
    let message: unknown;
    try {
      message = JSON.parse(data.toString());
    } catch {
      return false; // not JSON: the caller says so to the viewer
    }
    if (this.#check(message).length > 0) return false;
    const { type, ...rest } = message as ConsoleMessage;
    if (type === 'input') this.#run()?.type((rest as { data: string }).data);
    else this.#run()?.resize((rest as { cols: number }).cols, (rest as { rows: number }).rows);
    return true;
  }
}

/** Ends connections whose other side is gone without a word. */
function keepAlive(viewer: WebSocket): () => void {
  let answered = true;
  viewer.on('pong', () => (answered = true));
  const timer = setInterval(() => {
    if (!answered) return viewer.terminate();
    answered = false;
    viewer.ping();
  }, PING_MS);
  return () => clearInterval(timer);
}
