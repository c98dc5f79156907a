/**
 * An append-only file of JSON lines that stays small. Promises that a line is on disk whole or not at all (killed
 * in the middle of a write, or on a full disk), that what the disk did not take is kept in memory and written with
 * the next line, and that two files of `maxBytes` are the most there ever is.
 */
import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs';

/** Lines kept in memory while the disk takes none; older ones are dropped. */
const MAX_PENDING = 256;

export class LineLog {
  readonly #path: string;
  readonly #maxBytes: number;
  #pending: string[] = [];

  constructor(path: string, maxBytes: number) {
    this.#path = path;
    this.#maxBytes = maxBytes;
  }

  /** Throws when the disk does not take it; the line is readable all the same. */
  append(entry: object): void {
    this.#pending = [...this.#pending.slice(1 - MAX_PENDING), JSON.stringify(entry)];
    this.#write(Buffer.from(`${this.#pending.join('\n')}\n`));
    this.#pending = [];
  }

  /** Everything still known, oldest first; lines that are no JSON are left out. */
  read(): unknown[] {
    const text = [this.#read(`${this.#path}.old`), this.#read(this.#path), ...this.#pending];
    return text.join('\n').split('\n').flatMap(parse);
  }

  #write(bytes: Buffer): void {
    const fd = openSync(this.#path, 'a+', 0o600);
    let size = 0;
    try {
      ({ size } = fstatSync(fd));
      writeAll(fd, endsLine(fd, size) ? bytes : Buffer.concat([Buffer.from('\n'), bytes]));
      fsyncSync(fd);
    } catch (error) {
      ftruncateSync(fd, size);
      throw error;
    } finally {
      closeSync(fd);
    }
    if (size + bytes.length > this.#maxBytes) renameSync(this.#path, `${this.#path}.old`);
  }

  #read(path: string): string {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return ''; // nothing was written yet
    }
  }
}

/** False after an agent was killed in the middle of a line. */
function endsLine(fd: number, size: number): boolean {
  const last = Buffer.alloc(1);
  return size === 0 || (readSync(fd, last, 0, 1, size - 1) === 1 && last[0] === 10);
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
}

function parse(line: string): unknown[] {
  if (line === '') return [];
  try {
    return [JSON.parse(line)];
  } catch {
    return []; // cut off by a kill
  }
}
