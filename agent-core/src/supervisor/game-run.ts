/**
 * One run of the game: from its launch, or from being found alive, to its end. Promises that `ended`
 * settles once, and only when no process of the run is left.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@zlh/kernel';
import type { ConsoleHub } from '../console/console-hub.ts';
import { isAlive, type ProcessId } from '../lib/process-id.ts';
import { within } from '../lib/promises.ts';
import type { RunGroup } from '../process/groups/run-group.ts';
import { findShim, killProcess, killRun, killShim, signalGroup } from '../process/tree.ts';
import { ShimClient } from '../shim/client.ts';
import type { ExitRecord } from '../shim/frames.ts';
import type { ShimRecord } from '../shim/launch.ts';
import { readExitRecord, readScrollback, readShimRecord } from '../shim/start.ts';
import { signalName, type RunEnd } from './classify.ts';

/** How long a shim may take to tell the exit of a game that is dead. */
const LAST_WORD_MS = 5_000;
/** Ctrl-U: a command is a line of its own, and half a line that a viewer has typed before it is gone. */
const TAKE_BACK = '\u0015';

/** Why a run is being ended by us; null while it is meant to go on. */
export type Intent = 'stop' | 'kill' | 'too-late' | 'hung' | null;

/** A console beside the terminal. */
export interface RunConsole {
  /** False when the line could not be taken; throws a refusal when there is nobody to take it. */
  send(line: string): boolean;
  type(keys: string): void;
}

export class GameRun {
  readonly id: string;
  readonly leader: ProcessId | null;
  /** Its control group, where it has one. */
  readonly group: RunGroup | undefined;
  readonly ended: Promise<RunEnd>;
  intent: Intent = null;
  /** Where commands go when not to the terminal; set by who follows the runs. */
  console: RunConsole | undefined;
  readonly #client: ShimClient;
  readonly #shim: ProcessId;
  /** A viewer has typed what is not sent yet. */
  #halfTyped = false;
  /** Resolves when the shim has told the exit, or is gone. */
  readonly #heard: Promise<void>;
  #told = false;

  /** Takes over a live shim; its output since what the console has goes there. */
  constructor(
    runDir: string,
    record: ShimRecord,
    group: RunGroup | undefined,
    console: ConsoleHub,
    log: Logger,
  ) {
    this.id = record.runId;
    this.leader = record.child;
    this.group = group;
    this.#shim = record.shim;
    let end: (record: ExitRecord | undefined) => void;
    const over = new Promise<ExitRecord | undefined>((resolve) => (end = resolve));
    this.#client = ShimClient.attach(runDir, record.shim, console.end, {
      output: (offset, bytes) => console.output(offset, bytes),
      exit: (exit) => end(exit),
      lost: () => {
        // It may have ended before it was attached to: its last words are on disk, and say why.
        const last = readScrollback(runDir);
        if (last !== undefined) void console.output(last.offset, last.bytes);
        end(readExitRecord(runDir, record.runId));
      },
    });
    this.#heard = over.then(() => void (this.#told = true));
    this.ended = over.then((exit) => settleRun(this, exit, log));
  }

  /** One line, on the game's own console where it has one. False when it could not be taken. */
  command(line: string): boolean {
    if (this.console !== undefined) return this.console.send(line);
    const before = this.#halfTyped ? TAKE_BACK : '';
    this.#halfTyped = false;
    // A terminal's Enter is a carriage return; games with line editing wait for exactly that.
    return this.write(`${before}${line}\r`);
  }

  /** Keys as they are typed. */
  type(keys: string): void {
    if (this.console !== undefined) return this.console.type(keys);
    if (keys !== '' && this.write(keys)) this.#halfTyped = !/[\r\n]$/.test(keys);
  }

  /** False when the input could not be taken. */
  write(data: string): boolean {
    return this.#client.write(Buffer.from(data));
  }

  resize(cols: number, rows: number): void {
    this.#client.resize({ cols, rows });
  }

  signal(signal: NodeJS.Signals): void {
    if (this.leader !== null) signalGroup(this.leader, signal);
  }

  get isAlive(): boolean {
    return this.leader === null || isAlive(this.leader);
  }

  /** SIGKILLs everything; `ended` follows. False when something could not be killed. */
  async kill(): Promise<boolean> {
    if (!(await killRun(this.id, this.leader, () => this.group?.members() ?? []))) return false;
    await within(LAST_WORD_MS, this.#heard);
    if (!this.#told) killProcess(this.#shim);
    return true;
  }

  /** Leaves the game running under its shim. */
  detach(): void {
    this.#client.detach();
  }
}

/** Ends what is left of a run, and its control group; answers how it ended. */
export async function settleRun(
  { id, leader, group }: Pick<GameRun, 'id' | 'leader' | 'group'>,
  exit: ExitRecord | undefined,
  log: Logger,
): Promise<RunEnd> {
  const oomKills = group?.oomKills();
  const dead = await killRun(id, leader, () => group?.members() ?? []);
  const gone = group === undefined || (await group.remove());
  if (!dead || !gone) {
    log.warn({ runId: id }, 'processes of the ended server could not be killed');
  }
  return { ...endOf(exit), oomKills };
}

function endOf(exit: ExitRecord | undefined): RunEnd {
  if (exit === undefined) return { exitCode: null, signal: null };
  return { exitCode: exit.exitCode, signal: exit.signal === null ? null : signalName(exit.signal) };
}

const SETTLE_MS = 5_000;
const LOOK_MS = 20;

/**
 * The live shim of a run started by an earlier agent, or undefined: then there is none. A shim killed half way through
 * its launch is waited for, because it may be about to launch the game; one that does not get on is ended.
 */
export async function findLiveShim(runDir: string, runId: string): Promise<ShimRecord | undefined> {
  const deadline = performance.now() + SETTLE_MS;
  while (performance.now() < deadline) {
    const record = readShimRecord(runDir);
    const known = record?.runId === runId ? record : undefined;
    if (known !== undefined && known.child !== null) return isAlive(known.shim) ? known : undefined;
    if (known === undefined ? findShim(runId) === undefined : !isAlive(known.shim))
      return undefined;
    await delay(LOOK_MS);
  }
  await killShim(runId);
  return undefined;
}
