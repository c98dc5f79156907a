/**
 * `zlh start` and `zlh agent`: takes the home, starts the kernel, and stops it on SIGINT, SIGTERM or SIGHUP.
 * A second signal ends the process at once.
 */
import { openHome } from '../home.ts';
import type { Kernel } from '../kernel.ts';
import { describeError } from '../errors.ts';
import type { Host } from '../load.ts';
import { resolve } from 'node:path';
import { makeKernel } from './make-kernel.ts';
import type { CommonOptions } from './main.ts';

export async function runHost(host: Host, options: CommonOptions): Promise<number> {
  const kernel = await makeKernel(host, options);
  const home = openHome(resolve(options.home), host);
  const ended = new Promise<number>((end) => listenForTheEnd(kernel, end));
  try {
    await kernel.start();
    kernel.log.debug({ ms: Math.round(performance.now()) }, 'every plugin is ready');
    const code = await ended;
    home.release();
    // Something a plugin left open must not keep a stopped host alive.
    process.exit(code);
  } catch (error) {
    process.stderr.write(`zlh: ${describeError(error instanceof AggregateError ? error.cause : error)}\n`);
    home.release();
    process.exit(1);
  }
}

function listenForTheEnd(kernel: Kernel, end: (code: number) => void): void {
  let stopping = false;
  const stop = async (code: number, why: string) => {
    if (stopping) {
      kernel.log.warn(`${why} again: ending at once`);
      process.exit(1);
    }
    stopping = true;
    kernel.log.info(`${why}: stopping`);
    const failures = await kernel.stop();
    end(failures.length > 0 ? 1 : code);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(0, signal));
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      kernel.log.fatal({ err: error }, `${event}: a defect, please report it`);
      void stop(1, event);
    });
  }
}
