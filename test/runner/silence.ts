/**
 * Decides when a test file hangs: not by how long it takes, but by how long it has not got on.
 *
 * Progress is a line of output, a test that begins, an assertion that holds. The limit grows with the
 * slowness of the machine. It is measured once more before a file is given up: a machine that was
 * quiet at first may be busy by now.
 */
import { lastProgress } from './progress.ts';
import { measureSpeed } from './speed.ts';

/** No file gets on for ever: one that asserts in an endless loop is ended, too. */
const longestFileMs = 30 * 60_000;

export interface Silence {
  /** Says that the file has printed something. */
  heard(): void;
  stop(): void;
}

export interface SilenceOptions {
  /** The longest time without progress on the reference machine. */
  readonly limitMs: number;
  readonly slowness: number;
  /** Where the file writes its progress. */
  readonly progressFile: string;
  /** Called once, with the limit that was passed. */
  onHang(limitMs: number): void;
}

/** Watches from now on, until it is stopped. */
export function watchSilence({ limitMs, slowness, progressFile, onHang }: SilenceOptions): Silence {
  let heardAt = Date.now();
  let timer = setTimeout(check, limitMs * slowness);
  const longest = setTimeout(onHang, longestFileMs * slowness, longestFileMs * slowness);

  function silentMs(): number {
    return Date.now() - Math.max(heardAt, lastProgress(progressFile));
  }

  function check(): void {
    const planned = limitMs * slowness;
    if (silentMs() < planned) return again(planned);
    const busy = limitMs * Math.max(slowness, measureSpeed().slowness);
    if (silentMs() < busy) return again(busy);
    onHang(busy);
  }

  function again(limit: number): void {
    timer = setTimeout(check, Math.max(100, limit - silentMs()));
  }

  return {
    heard() {
      heardAt = Date.now();
    },
    stop() {
      clearTimeout(timer);
      clearTimeout(longest);
    },
  };
}
