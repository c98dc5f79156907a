/** `zlh doctor`: runs every check that plugins add, besides the kernel's own, and says what to do. */
import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { describeError } from '../errors.ts';
import type { Host } from '../load.ts';
import { makeKernel } from './make-kernel.ts';
import type { CommonOptions } from './main.ts';
import { Checks, type Check, type CheckResult } from './points.ts';

const signs = { ok: '✓', warning: '!', fault: '✗' } as const;

export async function doctor(host: Host, options: CommonOptions): Promise<number> {
  const results: CheckResult[] = [];
  const show = async (check: Check) => {
    const result = await outcome(check);
    results.push(result);
    process.stdout.write(`${signs[result.state]} ${check.title}: ${result.found}\n${result.todo === undefined ? '' : `    ${result.todo}\n`}`);
  };
  for (const check of ownChecks(resolve(options.home))) await show(check);
  try {
    const kernel = await makeKernel(host, options, true);
    await show({ title: 'configuration', run: () => ({ state: 'ok', found: `${kernel.report().length} plugins, no fault.` }) });
    for (const { value } of kernel.contributions(Checks)) await show(value);
  } catch (error) {
    await show({ title: 'configuration', run: () => ({ state: 'fault', found: describeError(error) }) });
  }
  return results.some(({ state }) => state === 'fault') ? 1 : 0;
}

async function outcome(check: Check): Promise<CheckResult> {
  try {
    return await check.run();
  } catch (error) {
    return { state: 'fault', found: describeError(error) };
  }
}

function ownChecks(home: string): Check[] {
  let nearest = home;
  while (!existsSync(nearest)) nearest = dirname(nearest);
  return [
    { title: 'node', run: () => ({ state: 'ok', found: `${process.versions.node} on ${process.platform}/${process.arch}.` }) },
    {
      title: 'home',
      run() {
        accessSync(nearest, constants.W_OK);
        const { bavail, bsize } = statfsSync(nearest);
        const free = Math.floor((bavail * bsize) / 2 ** 30);
        return free < 5
          ? { state: 'warning', found: `${home} has ${free} GiB free.`, todo: 'Free some space: worlds and backups need room.' }
          : { state: 'ok', found: `${home} can be written, ${free} GiB free.` };
      },
    },
  ];
}
