/** `zlh doctor`: runs the kernel's own checks and all that plugins add, and says what to do. */
import { accessSync, constants, existsSync, readdirSync, statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Host } from './configuration.ts';
import type { PluginReport } from '../report.ts';
import type { Options } from './command-line.ts';
import { inHome } from './home.ts';
import { makeKernel } from './make-kernel.ts';
import { Checks, type Check, type CheckContext } from './points.ts';
import { contextOf, resultText, runCheck } from './run-check.ts';

/** Below this a home gets a warning: worlds and backups need runtime. */
const littleSpaceGiB = 5;

/** Answers 1 when there is a fault, 0 when there are warnings at most. */
export async function doctor(host: Host, options: Options): Promise<number> {
  let faults = 0;
  let context: CheckContext = { points: () => [], agentPoints: () => Promise.resolve([]) };
  const show = async (check: Check) => {
    const result = await runCheck(check, context);
    if (result.state === 'fault') faults += 1;
    process.stdout.write(resultText(check, result));
  };
  await show(nodeCheck);
  await show(homeCheck(resolve(options.home)));
  let added: readonly Check[] = [];
  let failed: readonly PluginReport[] = [];
  await show({
    title: 'configuration',
    async run() {
      const kernel = await makeKernel(host, options, 'quiet');
      context = contextOf(kernel, options);
      added = kernel.contributions(Checks).map(({ value }) => value);
      const report = kernel.report();
      failed = report.filter(({ state }) => state === 'failed');
      if (failed.length === 0) return { state: 'ok', found: `${report.length} plugins, no fault.` };
      const found = `${report.length} plugins, ${failed.length} of them left out.`;
      return { state: 'warning', found, todo: 'See below, for each of them.' };
    },
  });
  for (const { id, error } of failed) {
    if (error === undefined) continue;
    const { message, hint } = error;
    await show({
      title: `plugin ${id}`,
      run: () => ({ state: 'fault', found: message, todo: hint }),
    });
  }
  for (const check of added) await show(check);
  return faults > 0 ? 1 : 0;
}

const nodeCheck: Check = {
  title: 'node',
  run: () => ({
    state: 'ok',
    found: `${process.versions.node} on ${process.platform}/${process.arch}.`,
  }),
};

/** Looks at the home, or at the folder it would be made in. */
function homeCheck(home: string): Check {
  return {
    title: 'home',
    run() {
      let nearest = home;
      while (!existsSync(nearest)) nearest = dirname(nearest);
      inHome(home, () => {
        readdirSync(nearest);
        accessSync(nearest, constants.W_OK | constants.X_OK);
      });
      const { bavail, bsize } = statfsSync(nearest);
      const free = Math.floor((bavail * bsize) / 2 ** 30);
      const found = `"${home}" can be written, ${free} GiB free.`;
      if (free >= littleSpaceGiB) return { state: 'ok', found };
      return { state: 'warning', found, todo: 'Make room: worlds and backups need it.' };
    },
  };
}
