/** `zlh start` and `zlh agent`: run until a signal ends them, which is no failure. */
import { closeInheritedDescriptors } from '../descriptors.ts';
import { releaseStartupHeap } from '../gc.ts';
import type { Kernel } from '../kernel.ts';
import type { Host } from './configuration.ts';
import type { Options } from './command-line.ts';
import { isForPerson, makeKernel } from './make-kernel.ts';
import { StartLines } from './points.ts';
import { runKernel } from './run-kernel.ts';
import { printStartLines } from './start-lines.ts';

/** The work that a start has set going is over by then. */
const settledMs = 3_000;

export async function runHost(host: Host, options: Options): Promise<number> {
  closeInheritedDescriptors();
  const make = () => makeKernel(host, options, 'logging');
  const { failed } = await runKernel(host, options, make, true, async (kernel) => {
    kernel.log.info({ ms: Math.round(performance.now()) }, 'every plugin is ready');
    setTimeout(releaseStartupHeap, settledMs).unref();
    if (host === 'platform') await showStart(kernel);
    return new Promise(() => {}); // only a signal ends it
  });
  return failed ? 1 : 0;
}

function showStart(kernel: Kernel): Promise<void> {
  return printStartLines({
    log: kernel.log,
    sources: kernel.contributions(StartLines),
    write: (text) => void process.stdout.write(text),
    forPerson: isForPerson(),
  });
}
