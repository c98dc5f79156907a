/**
 * The way of every command to the game, whatever its console is: follows the runs of the server and keeps the right
 * console open for the one that is alive.
 */
import type { ConsoleKind, GameConsole } from '../contract/console.ts';
import type { InstanceSpec } from '../contract/spec.ts';
import { isConnectedTo } from '../lib/connection-owner.ts';
import { loopbackOf } from '../lib/loopback.ts';
import type { GameRun } from '../supervisor/game-run.ts';
import { isTerminal } from './kinds.ts';

export interface CommandLineParts {
  readonly consoles: ReadonlyMap<string, ConsoleKind>;
  readonly spec: () => InstanceSpec | undefined;
  readonly run: () => GameRun | undefined;
  readonly secret: (name: string) => string;
  /** Adds to the console stream. */
  readonly output: (bytes: Uint8Array) => void;
}

export class CommandLine {
  readonly #parts: CommandLineParts;
  #followed: GameRun | undefined;
  #console: GameConsole | undefined;

  constructor(parts: CommandLineParts) {
    this.#parts = parts;
  }

  /** To be called whenever a run may have begun or ended. */
  follow(): void {
    const run = this.#parts.run();
    if (run === this.#followed) return;
    this.#console?.close();
    this.#followed = run;
    this.#console = run === undefined ? undefined : this.#open(run);
    if (run === undefined) return;
    const { spec, output } = this.#parts;
    run.input.raw = isTerminal(spec());
    const console = this.#console;
    if (console === undefined) return;
    run.input.console = { send: (line, signal) => console.send(line, signal), show: output };
  }

  close(): void {
    this.#console?.close();
  }

  /** Undefined where the console is the terminal, which a run knows by itself. */
  #open(run: GameRun): GameConsole | undefined {
    const { consoles, spec, secret, output } = this.#parts;
    const { console: wanted, ports = [] } = spec() ?? {};
    const kind = wanted === undefined ? undefined : consoles.get(wanted.kind);
    if (wanted === undefined || kind === undefined || wanted.kind === 'stdin') return undefined;
    const port = ports.find(({ name }) => name === wanted.port);
    return kind.open({
      host: loopbackOf(port?.host ?? '127.0.0.1'),
      port: port?.port ?? null,
      options: wanted.options ?? {},
      secret,
      isServer: (socket) => isConnectedTo(socket, run.processes()),
      typeLine: (line) => run.write(`${line}\r`),
      output,
    });
  }
}
