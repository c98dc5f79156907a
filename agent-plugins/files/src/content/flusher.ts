/** Brings a file to the disk while more of it comes, so that little is left to wait for at its end. */
import type { FileHandle } from 'node:fs/promises';

/** Bytes sent to the disk at a time. */
const FLUSH_EVERY = 64 * 2 ** 20;

/** Told how many bytes are written. One flush at a time, and nobody waits for it. */
export function flusher(handle: FileHandle): (written: number) => void {
  let flushed = 0;
  let flushing = false;
  return (written) => {
    if (flushing || written - flushed < FLUSH_EVERY) return;
    flushed = written;
    flushing = true;
    void handle
      .datasync()
      .catch(() => undefined) // the last step says so again, to whom it concerns
      .then(() => (flushing = false));
  };
}
