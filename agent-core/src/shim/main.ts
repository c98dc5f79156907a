/**
 * The shim: one tiny process per supervised game. It owns the terminal, the scrollback and the exit
 * status, so that the agent may be killed or replaced at any moment without the game noticing.
 *
 * It is started in the run folder with a {@link LaunchRequest} on standard input, says `ready` on
 * standard output when its socket listens, and ends after its game has ended and that is either on
 * disk or known to an agent. It answers to nobody but the owner of the 0600 socket.
 */
import { createServer, type Socket } from 'node:net';
import { writeFileAtomic } from '../lib/atomic-file.ts';
import { ByteRing } from './byte-ring.ts';
import { statProcess, type ProcessId } from '@zlh/kernel/process-id';
import {
  encodeJson,
  encodeTaken,
  frameOutput,
  FrameReader,
  FrameType,
  OUTPUT_HEADER,
  type Attach,
  type ExitRecord,
  type Hello,
  type Resize,
} from './frames.ts';
import { runFiles, type LaunchRequest, type ShimRecord } from './launch.ts';
import { processInside } from './inside.ts';
import { TerminalInput } from './terminal-input.ts';
import { Terminal, type TerminalEnd } from './terminal.ts';

/** Sockets and files for the owner alone: 0600. */
const PRIVATE = 0o177;
const CHUNK = 65_536;
const MOMENT_MS = 2;
/** A read of this size says that there is more. */
const FLOOD = 2_048;
/** While more input than this waits for the game, no agent is listened to. */
const MAX_WAITING_INPUT = 65_536;
/** How long agents get to read the end of the output once the exit is on disk. */
const LINGER_MS = 5_000;

interface Viewer {
  readonly socket: Socket;
  /** Next byte to send. */
  sent: number;
  /** Used for one frame after the other: a flood leaves no garbage. */
  readonly frame: Buffer;
  /** `frame` is on its way. */
  busy: boolean;
  /** It did not read for a whole hold; nobody waits for it until it reads again. */
  stuck: boolean;
  toldExit: boolean;
  /** Bytes of its input that the terminal has taken, and how many of them it was told of. */
  taken: number;
  toldTaken: number;
}

const input = await readInput();
// Nothing to launch: this start only filled the compile cache, see `warmShim`.
if (input === '') process.exit(0);
const request = JSON.parse(input) as LaunchRequest;
const ring = new ByteRing(request.scrollbackBytes, request.offset);
const viewers = new Set<Viewer>();
/** Agents that are not listened to until the game has read on. */
const heldBack = new Set<Socket>();
const more = Buffer.allocUnsafeSlow(4_096);
let terminal: Terminal | undefined;
let terminalInput: TerminalInput | undefined;
let exit: ExitRecord | undefined;
let recorded = false;
/** Output that nobody was sent yet. */
let gathered = 0;
let moment: NodeJS.Timeout | undefined;
let hold: NodeJS.Timeout | undefined;

// An orderly shutdown is the agent's to lead; the shim goes when its game has gone.
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGPIPE'] as const)
  process.on(signal, () => {});
process.stdout.on('error', () => {}); // the agent that started this shim is gone; another will come
process.umask(PRIVATE);
const server = createServer(serve);
server.listen(runFiles.socket, () => void launch());

async function readInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

async function launch(): Promise<void> {
  record(null);
  const launched = new Terminal(request);
  terminal = launched;
  terminalInput = new TerminalInput((bytes) => launched.writeFrom(bytes));
  terminal.onData(take);
  try {
    await terminal.begun;
  } catch {
    await terminal.ended;
    // The agent tells the last line of the log.
    process.stderr.write(ring.readAll().toString().replaceAll('\r', ''));
    process.exit(1);
  }
  record(idOf((request.apart && processInside(terminal.pid)) || terminal.pid));
  void terminal.ended.then(ended);
  process.stdout.end('ready\n');
}

function take(chunk: Buffer): void {
  ring.write(chunk);
  gathered += chunk.length;
  if (chunk.length >= FLOOD) takeMore();
  if (moment === undefined || gathered >= CHUNK) pumpAll();
}

/** A terminal hands out 4 KiB at a time; reading on at once spares a flood most of the way through the event loop. */
function takeMore(): void {
  for (let times = 0; times < 8; times++) {
    let count: number;
    try {
      count = terminal!.readInto(more);
    } catch {
      return; // nothing there yet; should it be the end, the stream meets it, too
    }
    ring.write(more.subarray(0, count));
    gathered += count;
    if (count < FLOOD) return;
  }
}

function record(child: ProcessId | null): void {
  const content: ShimRecord = { runId: request.runId, shim: idOf(process.pid), child };
  writeFileAtomic(runFiles.record, JSON.stringify(content));
}

function idOf(pid: number): ProcessId {
  return { pid, startTime: statProcess(pid)?.startTime ?? 0 };
}

function serve(socket: Socket): void {
  const viewer: Viewer = {
    socket,
    sent: Infinity,
    frame: Buffer.allocUnsafeSlow(OUTPUT_HEADER + CHUNK),
    busy: false,
    stuck: false,
    toldExit: false,
    taken: 0,
    toldTaken: 0,
  };
  const reader = new FrameReader((type, payload) => receive(viewer, type, payload));
  socket.on('data', (chunk: Buffer) => {
    try {
      reader.feed(chunk);
    } catch {
      socket.destroy(); // not an agent, or one that speaks nonsense
    }
  });
  socket.on('error', () => {}); // 'close' follows, and there is nobody to tell
  socket.on('close', () => {
    viewers.delete(viewer);
    heldBack.delete(socket);
    balance();
    if (recorded && viewers.size === 0) process.exit(0);
  });
}

function receive(viewer: Viewer, type: number, payload: Buffer): void {
  const json = () => JSON.parse(payload.toString()) as unknown;
  if (type === FrameType.attach) {
    viewer.sent = Math.min(Math.max((json() as Attach).from, ring.start), ring.end);
    const { start, end } = ring;
    const hello: Hello = { runId: request.runId, start, end, tellsTaken: true };
    viewer.socket.write(encodeJson(FrameType.hello, hello));
    viewers.add(viewer);
    pump(viewer);
  } else if (type === FrameType.input && exit === undefined) {
    typeInto(viewer, Buffer.from(payload));
  } else if (type === FrameType.resize && terminal !== undefined && exit === undefined) {
    const { cols, rows } = json() as Resize;
    terminal.resize(cols, rows);
  } else if (type === FrameType.release && exit !== undefined) {
    process.exit(0);
  }
}

/** An agent whose input the game does not read is not listened to for as long: it is held back, and nothing is dropped. */
function typeInto(viewer: Viewer, bytes: Buffer): void {
  terminalInput?.put(bytes, (count) => {
    viewer.taken += count;
    setImmediate(() => tellTaken(viewer));
  });
  if ((terminalInput?.waitingBytes ?? 0) <= MAX_WAITING_INPUT) return;
  heldBack.add(viewer.socket);
  viewer.socket.pause();
}

/** What was taken in one turn of the loop is told once. */
function tellTaken(viewer: Viewer): void {
  if (viewer.toldTaken === viewer.taken) return;
  viewer.toldTaken = viewer.taken;
  viewer.socket.write(encodeTaken(viewer.taken));
  if ((terminalInput?.waitingBytes ?? 0) <= MAX_WAITING_INPUT / 2) listenToAll();
}

function listenToAll(): void {
  for (const socket of heldBack) socket.resume();
  heldBack.clear();
}

/** What comes after a pause goes out at once, what follows within a moment goes out together. */
function pumpAll(): void {
  if (gathered === 0) {
    moment = undefined;
    return;
  }
  gathered = 0;
  for (const viewer of viewers) pump(viewer);
  balance();
  if (moment === undefined) moment = setTimeout(pumpAll, MOMENT_MS);
  else moment.refresh();
}

/**
 * A flood goes at the pace of the agent, instead of overwriting what it is about to read: the terminal is
 * not read while half the ring waits for an agent that reads on. Without such an agent nothing is held.
 */
function balance(): void {
  const behind = [...viewers].some(
    ({ busy, stuck, sent }) => busy && !stuck && ring.end - sent >= request.scrollbackBytes / 2,
  );
  if (behind && hold === undefined) {
    terminal?.pause();
    hold = setTimeout(giveUp, request.holdMs);
  } else if (!behind && hold !== undefined) {
    clearTimeout(hold);
    hold = undefined;
    terminal?.resume();
  }
}

function giveUp(): void {
  for (const viewer of viewers) viewer.stuck = viewer.busy;
  balance();
}

function pump(viewer: Viewer): void {
  if (viewer.busy) return;
  if (viewer.sent < ring.end) {
    const from = Math.max(viewer.sent, ring.start);
    const length = ring.copy(viewer.frame, OUTPUT_HEADER, from);
    const frame = frameOutput(from, viewer.frame.subarray(0, OUTPUT_HEADER + length));
    viewer.sent = from + length;
    viewer.busy = true;
    viewer.socket.write(frame, (error) => {
      if (error) return; // 'close' follows
      viewer.busy = viewer.stuck = false;
      pump(viewer);
      balance();
    });
  } else if (exit !== undefined && !viewer.toldExit) {
    viewer.toldExit = true;
    viewer.socket.write(encodeJson(FrameType.exit, exit));
  }
}

function ended({ exitCode, signal }: TerminalEnd): void {
  exit = {
    runId: request.runId,
    exitCode,
    signal,
    at: new Date().toISOString(),
    end: ring.end,
  };
  terminalInput?.close();
  listenToAll();
  try {
    const offset = Buffer.alloc(6);
    offset.writeUIntBE(ring.start, 0, 6);
    writeFileAtomic(runFiles.scrollback, Buffer.concat([offset, ring.readAll()]));
    writeFileAtomic(runFiles.exit, JSON.stringify(exit));
    recorded = true;
  } catch {
    // Disk full: the record stays in memory, and the shim with it, until an agent has taken it.
  }
  for (const viewer of viewers) pump(viewer);
  if (!recorded) return;
  if (viewers.size === 0) process.exit(0);
  setTimeout(() => process.exit(0), LINGER_MS);
}
