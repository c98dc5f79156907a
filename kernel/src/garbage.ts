/**
 * Two occasions on which V8 is told what it cannot know: that the buffers of a body have been handed on, and that a
 * start is over.
 *
 * Node makes a buffer for each piece of a body. V8 counts those that wait to be collected with what is old, and every
 * 20 MB goes through the whole heap for them, which takes longer than the transfer itself. To collect the young alone
 * every few MB takes a tenth of that. And a start leaves a third of the heap behind that is free and never given back,
 * in a process that then mostly waits. Figures of both: bench/README.md.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

interface Options {
  readonly type: 'minor' | 'major';
  /** `last-resort` gives free pages back to the system, which no other collection does at once. */
  readonly flavor?: 'last-resort';
}
type Collect = (options: Options) => void;

/** Bytes between two collections. */
const EVERY = 4 * 2 ** 20;

let forgotten = 0;
let collect: Collect | undefined;

/** Say so whenever pieces of a large body have been copied or handed on: every 4 MiB they are collected, in half a millisecond. */
export function forgetBuffers(bytes: number): void {
  forgotten += bytes;
  if (forgotten < EVERY) return;
  forgotten = 0;
  collect ??= exposed();
  collect({ type: 'minor' });
}

/** Gives back what a start took and needs no more. Takes 40 ms in an agent, 80 ms in the platform. */
export function forgetStart(): void {
  collect ??= exposed();
  collect({ type: 'major', flavor: 'last-resort' });
}

/** Out of reach for everybody else. */
function exposed(): Collect {
  setFlagsFromString('--expose-gc');
  const found = runInNewContext('gc') as Collect;
  setFlagsFromString('--no-expose-gc');
  return found;
}
