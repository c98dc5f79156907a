/**
 * Holds a started kernel while something runs on it: takes the home, starts the plugins, and stops
 * them however it ends – by itself, by a signal, or by an error that nobody caught.
 */
import { resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { cacheCompiledCode } from '../../bin/home.js';
import { CodedError, describeError } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { Host } from './configuration.ts';
import type { Options } from './command-line.ts';
import { openHome } from './home.ts';
import { onShutdown } from './shutdown-signals.ts';

export interface Ending {
  /** The signal that ended it, when one did. */
  readonly signal: NodeJS.Signals | undefined;
  /** Something went wrong, and was said. */
  readonly failed: boolean;
}

/**
 * Runs `work` once every plugin has started, and answers when all of it has stopped.
 *
 * @param make makes the kernel once the home is taken
 * @param ready whether plugins become ready, too
 * @throws CodedError when the home cannot be taken; later failures are printed
 */
export async function runKernel(
  host: Host,
  options: Options,
  make: () => Promise<Kernel>,
  ready: boolean,
  work: (kernel: Kernel) => Promise<void>,
): Promise<Ending> {
  const home = openHome(resolve(options.home), host);
  cacheCompiledCode(home.path); // for the first start, before which there was no home
  const alive = setInterval(() => {}, 2 ** 30); // plugins need not hold the process open
  try {
    const kernel = await make();
    const shutdown = onShutdown(kernel.log);
    let failure: unknown;
    const working = kernel
      .start({ ready })
      .then(() => Promise.race([work(kernel), shutdown.requested]))
      .catch((error: unknown) => (failure = error));
    await Promise.race([working, shutdown.requested]);
    const failures = await kernel.stop();
    // A start that failed says so right after the stop.
    await Promise.race([working, setImmediate()]);
    const failed = failure !== undefined && !isInterruption(failure);
    if (failed) process.stderr.write(`zlh: ${describeError(failure)}\n`);
    return {
      signal: shutdown.signal(),
      failed: failed || failures.length > 0 || shutdown.defects() > 0,
    };
  } finally {
    clearInterval(alive);
    home.release();
  }
}

const isInterruption = (error: unknown) =>
  error instanceof CodedError && error.code === 'KERNEL_STOPPED';
