/**
 * The game's terminal, and the process that is launched in it. Guarantees: the process controls its
 * terminal, and gets no other descriptor. Its end is told after its last words, with its own exit code or
 * signal.
 *
 * The process is made before the terminal, and waits for the terminal's name: it would inherit the end that
 * this process keeps.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants as file, fchownSync, openSync, readSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import type { Duplex } from 'node:stream';

export interface TerminalOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly cols: number;
  readonly rows: number;
  /** The user who shall own the terminal when it is not this one. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
}

export interface TerminalEnd {
  readonly exitCode: number | null;
  /** Its number. */
  readonly signal: number | null;
}

/** The part of node-pty that is used; its own types leave out the two ends. */
interface Pty {
  readonly fd: number;
  readonly ptsName: string;
  readonly master: Duplex;
  readonly slave: Duplex;
  resize(cols: number, rows: number): void;
}
type OpenPty = (options: { cols: number; rows: number; encoding: null }) => Pty;
const { open } = createRequire(import.meta.url)('node-pty') as { open: OpenPty };

/** Waits for the terminal's name, and takes the terminal for what it reads and writes. */
const TAKE_TERMINAL =
  'IFS= read -r tty <&3 && exec 0<>"$tty" 1>&0 2>&0 && stty ixany imaxbel brkint && exec "$@"';
/**
 * Where a process that the game left behind keeps the terminal open, its last words are read for this long.
 */
const LAST_WORDS_MS = 200;
/** Reads of what an ended game left; more than any terminal holds. */
const LAST_WORDS = 64;
/** The exit code of a shell for a program that it cannot execute. */
const NOT_EXECUTED = 127;

export class Terminal {
  /** The launched process; where it only waits for the game, that one is `game`. */
  readonly pid: number;
  /** Resolves when the program begins; rejects, after its last words, when it ended before. */
  readonly begun: Promise<void>;
  /** After its last words. */
  readonly ended: Promise<TerminalEnd>;
  readonly #pty: Pty;
  /**
   * The other end is kept open until the game has ended: without anybody there what is read would be an
   * error.
   */
  readonly #slave: number;
  #isClosed = false;

  constructor({ command, args, env, cwd, cols, rows, owner }: TerminalOptions) {
    const line = ['-c', TAKE_TERMINAL, 'zlh-terminal', command, ...args];
    // Until it has its terminal, what goes wrong is told to the log of this process.
    const stdio = ['ignore', 'ignore', 'inherit', 'pipe'] as const;
    const child = spawn('/bin/sh', line, { cwd, env, stdio: [...stdio] });
    this.pid = child.pid ?? 0;
    this.#pty = open({ cols, rows, encoding: null });
    this.#pty.slave.destroy();
    this.#noteClosing(this.#pty.master);
    this.#pty.master.on('error', () => {}); // EIO: nobody holds the other end any more; 'close' follows
    this.#slave = openSync(this.#pty.ptsName, file.O_RDWR | file.O_NOCTTY);
    if (owner !== null) fchownSync(this.#slave, owner.uid, owner.gid);
    const talk = child.stdio[3] as Duplex;
    this.begun = new Promise((resolve, reject) => {
      talk.once('data', () => resolve(void talk.destroy()));
      talk.once('close', () => reject(new Error('It ended before it began.')));
    });
    this.begun.catch(() => {}); // also where nobody waits for it
    talk.on('error', () => {}); // 'close' follows
    talk.write(`${this.#pty.ptsName}\n`);
    this.ended = new Promise((resolve) => {
      child.once('error', () => resolve({ exitCode: NOT_EXECUTED, signal: null }));
      child.once('exit', (exitCode, name) => {
        const signal = name === null ? null : constants.signals[name];
        void this.#lastWords().then(() => resolve({ exitCode, signal }));
      });
    });
  }

  onData(listener: (chunk: Buffer) => void): void {
    this.#pty.master.on('data', listener);
  }

  /** Reads what is there at once. Throws `EAGAIN` where that is nothing. */
  readInto(buffer: Buffer): number {
    return readSync(this.#descriptor, buffer);
  }

  /** Puts bytes into the terminal and answers how many it has taken; throws `EAGAIN` when it takes none. */
  writeFrom(bytes: Buffer): number {
    return writeSync(this.#descriptor, bytes);
  }

  resize(cols: number, rows: number): void {
    this.#pty.resize(cols, rows);
  }

  /** Stops reading, which holds a process that writes on. */
  pause(): void {
    this.#pty.master.pause();
  }

  resume(): void {
    this.#pty.master.resume();
  }

  #noteClosing(master: Duplex): void {
    const destroy = master.destroy.bind(master);
    master.destroy = (error) => {
      this.#isClosed = true;
      return destroy(error);
    };
  }

  get #descriptor(): number {
    // The number may be another file's by now.
    if (this.#isClosed) throw new TypeError('the terminal is closed');
    return this.#pty.fd;
  }

  /** Resolves when all that was written has been read. */
  async #lastWords(): Promise<void> {
    const { master } = this.#pty;
    closeSync(this.#slave);
    if (master.closed) return;
    const closed = once(master, 'close');
    const timer = setTimeout(() => {
      for (const chunk of this.#rest()) master.emit('data', chunk);
      master.destroy();
    }, LAST_WORDS_MS);
    await closed;
    clearTimeout(timer);
  }

  /**
   * Where the machine was too busy to read in time, or something that the game left behind holds the
   * terminal.
   */
  *#rest(): Generator<Buffer> {
    for (let times = 0; times < LAST_WORDS; times++) {
      const chunk = Buffer.allocUnsafeSlow(4096);
      let count: number;
      try {
        count = this.readInto(chunk);
      } catch {
        return; // nothing is left
      }
      if (count === 0) return;
      yield chunk.subarray(0, count);
    }
  }
}
