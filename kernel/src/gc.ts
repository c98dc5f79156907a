/**
 * Two collections V8 would not schedule itself: of a body's buffers while it passes, and of the heap after a start.
 *
 * Node makes a buffer for each chunk of a body. V8 collects them every 20 MB by a full collection, which takes longer
 * than the transfer itself; a young collection every few MB takes a tenth of that. A start leaves a third of the heap
 * free, and V8 does not return free pages of an idle process. Figures of both: bench/README.md.
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
const intervalBytes = 4 * 2 ** 20;

let pendingBytes = 0;
let collect: Collect | undefined;

/** Call it for each chunk of a large body that was copied or passed on. Every 4 MiB it collects them, in half a millisecond. */
export function collectYoung(bytes: number): void {
  pendingBytes += bytes;
  if (pendingBytes < intervalBytes) return;
  pendingBytes = 0;
  collect ??= exposed();
  collect({ type: 'minor' });
}

/** Runs one full collection and returns free pages to the system. Takes 40 ms in an agent, 80 ms in the platform. */
export function releaseStartupHeap(): void {
  collect ??= exposed();
  collect({ type: 'major', flavor: 'last-resort' });
}

/** Exposes the collector to this file alone. */
function exposed(): Collect {
  setFlagsFromString('--expose-gc');
  const found = runInNewContext('gc') as Collect;
  setFlagsFromString('--no-expose-gc');
  return found;
}
