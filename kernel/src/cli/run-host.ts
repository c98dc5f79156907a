/** `zlh start` and `zlh agent`: run until a signal ends them, which is no failure. */
import { releaseStartupHeap } from '../gc.ts';
import type { Host } from './configuration.ts';
import type { Options } from './command-line.ts';
import { makeKernel } from './make-kernel.ts';
import { runKernel } from './run-kernel.ts';

/** By then what a start has set going is over, too. */
const settledMs = 3_000;

export async function runHost(host: Host, options: Options): Promise<number> {
  const make = () => makeKernel(host, options, 'logging');
  const { failed } = await runKernel(host, options, make, true, (kernel) => {
    kernel.log.info({ ms: Math.round(performance.now()) }, 'every plugin is ready');
    setTimeout(releaseStartupHeap, settledMs).unref();
    return new Promise(() => {}); // only a signal ends it
  });
  return failed ? 1 : 0;
}
