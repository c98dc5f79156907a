/**
 * Standard output that is a file. Promises that a full disk costs lines and never the process that writes them, and,
 * with a limit, that this file and the one before it are the most there ever is: whoever writes the log bounds it, so
 * nobody else need live for that.
 */
import { copyFileSync, fstatSync, ftruncateSync, readlinkSync, rmSync, writeSync } from 'node:fs';
import type { DestinationStream } from 'pino';

/**
 * `limitBytes` is for files that are open for appending alone: what stands in one goes to `<path>.1`, and the file is
 * emptied in place, because whoever started the process gave it this one and no other.
 */
export function logFile(fd: number, limitBytes = Infinity): DestinationStream {
  let size = fstatSync(fd).size;
  return {
    write(line) {
      try {
        if (size > 0 && size + Buffer.byteLength(line) > limitBytes) {
          // Others write there, too: Node itself when it warns or dies.
          turnOver(fd);
          size = 0;
        }
        size += writeSync(fd, line);
      } catch {
        // Nowhere is left to say it, and the next line may find runtime again.
      }
    },
  };
}

/** Killed in the middle, it leaves lines twice rather than none. */
function turnOver(fd: number): void {
  const path = readlinkSync(`/proc/self/fd/${fd}`);
  try {
    rmSync(`${path}.1`, { force: true });
    copyFileSync(path, `${path}.1`);
  } catch {
    rmSync(`${path}.1`, { force: true }); // no room for both: the newer lines count
  }
  ftruncateSync(fd);
}
