/**
 * The body of an agent's answer. It can be read like any stream; piped into an answer of ours, it lends that the very
 * buffers that it reads into, and fills each of them again when it is sent: nothing is copied and nothing is made.
 * Other destinations may keep what they have "written", a transform for example; they get copies.
 * Ends after exactly the announced bytes; fails when the agent breaks off before.
 */
import { OutgoingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { Line } from './line.ts';

/** Bytes that the lent buffers of all bodies together may take; beyond that bodies make do with small ones. */
const budget = 64 * 1024 * 1024;
const largeBuffer = 512 * 1024;
let spent = 0;

export class LentBody extends Readable {
  readonly #line: Line;
  #left: number;
  /** What came with the head. */
  #first: Buffer | undefined;
  #target: NodeJS.WritableStream | undefined;
  #unwritten = 0;
  #spent = 0;

  constructor(line: Line, first: Buffer, length: number) {
    super();
    this.#line = line;
    this.#left = length;
    this.#first = first.length === 0 || length === 0 ? undefined : Buffer.from(first);
    line.take = (piece) => this.#take(piece);
    line.ended = (error) => this.destroy(error ?? new Error('the agent broke off'));
    line.expecting = () => true;
    if (length === 0) this.#done();
  }

  override pipe<T extends NodeJS.WritableStream>(
    destination: T,
    options?: { readonly end?: boolean },
  ): T {
    const untouched = this.#left > 0 && !this.readableDidRead && this.readableLength === 0;
    if (!untouched || options?.end === false || !(destination instanceof OutgoingMessage))
      return super.pipe(destination, options);
    if (this.#target !== undefined) throw new TypeError('This body is lent to one only.');
    this.#target = destination;
    destination.once('close', () => this.destroy());
    this.once('end', () => destination.end());
    if (destination.destroyed) {
      this.destroy(); // its reader has left already, and will not be heard of again
      return destination;
    }
    this.#borrow();
    destination.emit('pipe', this);
    this.#begin();
    return destination;
  }

  override _read(): void {
    if (this.#target === undefined) this.#begin();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    spent -= this.#spent;
    this.#spent = 0;
    this.#line.ended = () => undefined;
    this.#line.close();
    done(error);
  }

  #borrow(): void {
    const each = Math.min(largeBuffer, this.#left);
    if (spent + 2 * each > budget) return;
    this.#spent = 2 * each;
    spent += this.#spent;
    this.#line.enlarge(each);
  }

  #begin(): void {
    const first = this.#first;
    this.#first = undefined;
    if (first === undefined || this.#take(first)) this.#line.resume();
  }

  #take(piece: Buffer): boolean {
    const wanted = piece.subarray(0, this.#left);
    this.#left -= wanted.length;
    return this.#target === undefined ? this.#keep(wanted) : this.#lend(this.#target, wanted);
  }

  #keep(piece: Buffer): boolean {
    const wantsMore = this.push(Buffer.from(piece));
    if (this.#left === 0) this.#done();
    return wantsMore && this.#left > 0;
  }

  #lend(target: NodeJS.WritableStream, piece: Buffer): boolean {
    this.#unwritten += 1;
    target.write(piece, () => {
      this.#unwritten -= 1; // a target that fails closes, and this with it
      if (this.destroyed) return;
      if (this.#left > 0) this.#line.resume();
      else if (this.#unwritten === 0) this.#done();
    });
    return this.#left > 0 && this.#unwritten < 2;
  }

  #done(): void {
    this.#line.ended = () => undefined;
    this.push(null);
    if (this.#target !== undefined) this.resume(); // towards its end: nobody reads it
  }
}
