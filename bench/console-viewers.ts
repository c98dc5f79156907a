/**
 * Viewers of one console in a process of their own, as lean as can be, so that what is measured is the server. Counts
 * what they received of a flood of numbered lines (`flood` of the fake server: 64 bytes each on the terminal), what
 * was repeated after a resync, and what was never shown. Reads its task from the first argument, prints one JSON line.
 */
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

export interface ViewersTask {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly viewers: number;
  /** Further ones that never read. */
  readonly stalled: number;
  /** Typed by the first viewer once all are there. */
  readonly type: string;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface ViewersResult {
  /** Bytes of the flood that all viewers received together, each byte once for each viewer. */
  readonly bytes: number;
  readonly seconds: number;
  readonly resyncs: number;
  /** Sent once more after a resync. */
  readonly repeated: number;
  /** Never shown to a viewer. */
  readonly missing: number;
  /** The share of the viewer that got least, 1 when all got the same. */
  readonly fairness: number;
}

const LINE = 64;
const DIGITS = 12;
/** Enough to hold the end of one line and the number of the next. */
const LOOK = LINE + DIGITS + 2;
const TEXT = 1;
const shared = Buffer.alloc(1 << 20);

/** One viewer: skips over frame headers, and looks at line numbers where a frame begins. */
class Viewer {
  received = 0;
  repeated = 0;
  missing = 0;
  resyncs = 0;
  readonly open: Promise<void>;
  #opened = () => {};
  #upgraded = false;
  /** Bytes of a header or a handshake that a chunk has cut. */
  #rest: Buffer = Buffer.alloc(0);
  #left = 0;
  #text = false;
  #looking = true;
  /** Where in the flood the next byte belongs; undefined before the first line. */
  #at: number | undefined;
  readonly #socket;

  constructor({ url, headers }: ViewersTask, reads: boolean) {
    const { hostname, port, pathname } = new URL(url);
    this.open = new Promise((resolve) => (this.#opened = resolve));
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const onread = {
      buffer: shared,
      callback: (count: number) => {
        this.#take(shared.subarray(0, count));
        return reads || !this.#upgraded;
      },
    };
    const address = { host: hostname, port: Number(port), onread };
    this.#socket = connect(address, () =>
      this.#socket.write(
        `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${lines.join('')}\r\n`,
      ),
    );
    this.#socket.on('close', () => {
      console.error('a viewer was closed');
      process.exit(1);
    });
    this.#socket.on('error', (error) => console.error(error));
  }

  type(data: string): void {
    const text = Buffer.from(JSON.stringify({ type: 'input', data }));
    // A mask of zeros changes nothing.
    this.#socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text]));
  }

  #take(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = Buffer.alloc(0);
    if (!this.#upgraded) {
      const end = bytes.indexOf('\r\n\r\n');
      if (end < 0) return void (this.#rest = Buffer.from(bytes));
      if (!bytes.toString('latin1', 0, 12).endsWith('101'))
        throw new Error(bytes.toString('latin1', 0, end));
      this.#upgraded = true;
      this.#opened();
      bytes = bytes.subarray(end + 4);
    }
    let at = 0;
    while (at < bytes.length) {
      if (this.#left === 0) {
        const header = this.#header(bytes.subarray(at));
        if (header === 0) return void (this.#rest = Buffer.from(bytes.subarray(at)));
        at += header;
      }
      const taken = Math.min(this.#left, bytes.length - at);
      if (!this.#text && taken > 0) this.#payload(bytes.subarray(at, at + taken));
      this.#left -= taken;
      at += taken;
    }
  }

  /** Its length, 0 when it is not all there. */
  #header(bytes: Buffer): number {
    const short = (bytes[1] ?? 0) & 127;
    const length = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (bytes.length < length) return 0;
    this.#text = (bytes[0]! & 15) === TEXT;
    this.#looking = true;
    if (this.#text) this.resyncs++;
    this.#left =
      length === 2 ? short : bytes.readUIntBE(length === 4 ? 2 : 4, length === 4 ? 2 : 6);
    return length;
  }

  #payload(bytes: Buffer): void {
    if (this.#looking && bytes.length >= LOOK) this.#look(bytes);
    if (this.#at === undefined) return;
    this.#at += bytes.length;
    this.received += bytes.length;
  }

  #look(bytes: Buffer): void {
    const lineEnd = bytes.indexOf(10);
    const number = Number(bytes.toString('latin1', lineEnd + 1, lineEnd + 1 + DIGITS));
    if (lineEnd < 0 || lineEnd >= LINE || Number.isNaN(number)) return; // the flood has not begun
    this.#looking = false;
    const found = number * LINE - lineEnd - 1;
    if (this.#at !== undefined) {
      this.missing += Math.max(0, found - this.#at);
      this.repeated += Math.max(0, this.#at - found);
    }
    this.#at = found;
  }
}

if (import.meta.main) {
  const task = JSON.parse(process.argv[2]!) as ViewersTask;
  const viewers = Array.from({ length: task.viewers }, () => new Viewer(task, true));
  const stalled = Array.from({ length: task.stalled }, () => new Viewer(task, false));
  await Promise.all([...viewers, ...stalled].map(({ open }) => open));
  viewers[0]!.type(task.type);
  await wait(task.warmUpMs);
  for (const viewer of viewers)
    viewer.received = viewer.repeated = viewer.missing = viewer.resyncs = 0;
  const began = performance.now();
  await wait(task.measureMs);
  const seconds = (performance.now() - began) / 1000;
  const shown = viewers.map(({ received, repeated }) => received - repeated);
  const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);
  const result: ViewersResult = {
    bytes: sum(shown),
    seconds,
    resyncs: sum(viewers.map(({ resyncs }) => resyncs)),
    repeated: sum(viewers.map(({ repeated }) => repeated)),
    missing: sum(viewers.map(({ missing }) => missing)),
    fairness: Math.min(...shown) / (sum(shown) / viewers.length),
  };
  console.log(JSON.stringify(result));
  process.exit(0);
}
