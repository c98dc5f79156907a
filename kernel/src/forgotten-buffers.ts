/**
 * Frees the buffers of a body that has been handed on. Node makes one for each piece that comes; V8 counts those that
 * wait to be collected with what is old, and every 20 MB goes through the whole heap for them, which takes longer than
 * the transfer itself. To collect the young alone every few MB takes a tenth of that: bench/README.md.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { readonly type: 'minor' }) => void;

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

/** Out of reach for everybody else. */
function exposed(): Collect {
  setFlagsFromString('--expose-gc');
  const found = runInNewContext('gc') as Collect;
  setFlagsFromString('--no-expose-gc');
  return found;
}
