/**
 * One run of the game: from its launch, or from being found alive, to its end. Promises that `ended`
 * settles once, and only when no process of the run is left.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@zlh/kernel';
import type { ConsoleHub } from '../console/console-hub.ts';
import { RunInput } from '../console/run-input.ts';
import { isRunning, type ProcessId } from '@zlh/kernel/process-id';
import { within } from '../lib/promises.ts';
import type { RunGroup } from '../process/groups/run-group.ts';
import {
  findRun,
  findShim,
  killProcess,
  killRun,
  killShim,
  signalGroup,
  type MarkedRun,
} from '../process/tree.ts';
import type { Isolation } from '../sandbox/isolation.ts';
import { ShimClient } from '../shim/client.ts';
import type { ExitRecord } from '../shim/frames.ts';
import type { ShimRecord } from '../shim/launch.ts';
import { readExitRecord, readScrollback, readShimRecord } from '../shim/start.ts';
import { signalName, type RunEnd } from './classify.ts';

/** How long a shim may take to tell the exit of a game that is dead. */
const LAST_WORD_MS = 5_000;
/** Between two looks at what cannot be killed. */
const LOOK_AGAIN_MS = 1_000;

/** Why a run is being ended by us; null while it is meant to go on. */
export type Intent = 'stop' | 'kill' | 'too-late' | 'hung' | null;

export class GameRun {
  readonly id: string;
  readonly marked: MarkedRun;
  readonly leader: ProcessId | null;
  /** Its control group, where it has one. */
  readonly group: RunGroup | undefined;
  readonly ended: Promise<RunEnd>;
  intent: Intent = null;
  /** The way of commands and keys into it. */
  readonly input: RunInput;
  /** Called once it has ended, if something of it cannot be killed; set by who follows the runs. */
  remains: (() => void) | undefined;
  readonly #client: ShimClient;
  readonly #shim: ProcessId;
  /** Resolves when the shim has told the exit, or is gone. */
  readonly #heard: Promise<void>;
  #told = false;

  /** Takes over a live shim; its output since what the console has goes there. */
  constructor(
    runDir: string,
    record: ShimRecord,
    group: RunGroup | undefined,
    isolation: Pick<Isolation, 'marked'>,
    console: ConsoleHub,
    log: Logger,
  ) {
    this.id = record.runId;
    this.marked = isolation.marked(record.runId);
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
    this.input = new RunInput((keys) => this.write(keys));
    this.#heard = over.then(() => {
      this.#told = true;
      this.input.close();
    });
    this.ended = over.then((exit) => settleRun(this, exit, log, () => this.remains?.()));
  }

  /** Resolves when its terminal has the keys, with false when it never will. */
  write(data: string): Promise<boolean> {
    return this.#client.write(Buffer.from(data));
  }

  resize(cols: number, rows: number): void {
    this.#client.resize({ cols, rows });
  }

  signal(signal: NodeJS.Signals): void {
    if (this.leader !== null) signalGroup(this.leader, signal);
  }

  get isAlive(): boolean {
    return this.leader === null || isRunning(this.leader);
  }

  /** SIGKILLs everything; `ended` follows. False when something could not be killed. */
  async kill(): Promise<boolean> {
    if (!(await killRun(this.marked, this.leader, () => this.group?.members() ?? []))) return false;
    await within(LAST_WORD_MS, this.#heard);
    if (!this.#told) killProcess(this.#shim);
    return true;
  }

  processes(): readonly number[] {
    return findRun(this.marked, this.leader, this.group?.members()).map(({ pid }) => pid);
  }

  /** Leaves the game running under its shim. */
  detach(): void {
    this.input.close();
    this.#client.detach();
  }
}

/**
 * Ends what is left of a run, and its control group; answers how it ended. Resolves when nothing of it lives, however long
 * that takes: a server that is started beside the rest of another spoils the world of both. `remains` is told of that.
 */
export async function settleRun(
  run: Pick<GameRun, 'marked' | 'leader' | 'group'>,
  exit: ExitRecord | undefined,
  log: Logger,
  remains?: () => void,
): Promise<RunEnd> {
  const oomKills = run.group?.oomKills();
  await outlive(run, () => {
    log.error(
      { runId: run.marked.id },
      'processes of the ended server cannot be killed; they are waited for',
    );
    remains?.();
  });
  if (run.group !== undefined && !(await run.group.remove()))
    log.warn(
      { runId: run.marked.id },
      'the control group of the ended server could not be removed',
    );
  return { ...endOf(exit), oomKills };
}

async function outlive(
  { marked, leader, group }: Pick<GameRun, 'marked' | 'leader' | 'group'>,
  remains: () => void,
): Promise<void> {
  const members = () => group?.members() ?? [];
  if (await killRun(marked, leader, members)) return;
  remains();
  do await delay(LOOK_AGAIN_MS, undefined, { ref: false });
  while (!(await killRun(marked, leader, members, 1)));
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
    if (known !== undefined && known.child !== null)
      return isRunning(known.shim) ? known : undefined;
    if (known === undefined ? findShim(runId) === undefined : !isRunning(known.shim))
      return undefined;
    await delay(LOOK_MS);
  }
  await killShim(runId);
  return undefined;
}
