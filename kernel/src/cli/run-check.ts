/**
 * Runs the checks that plugins add, for `zlh doctor` and `zlh inspect`: within a time, and without an end
 * to the command.
 */
import { describeError } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import { withTimeout } from '../timeout.ts';
import type { Options } from './command-line.ts';
import { makeKernel } from './make-kernel.ts';
import type { Check, CheckContext, CheckResult } from './points.ts';

const signs = { ok: '✓', warning: '!', fault: '✗' } as const;
/** Longest time a check may take. */
const limitMs = 30_000;

/** The agent's plugins are set up once, and only when a check asks for them. */
export function contextOf(kernel: Kernel, options: Options): CheckContext {
  let agent: Promise<Kernel> | undefined;
  return {
    points: (to) => kernel.contributions(to),
    agentPoints: async (to) => {
      // `--config` is for this host.
      agent ??= makeKernel('agent', { ...options, config: undefined }, 'quiet');
      return (await agent).contributions(to);
    },
  };
}

/** A check that throws, or takes too long, is a fault. */
export async function runCheck(check: Check, context: CheckContext): Promise<CheckResult> {
  const late = () => new Error(`It found nothing within ${limitMs / 1000} s.`);
  try {
    return await withTimeout(limitMs, () => check.run(context), late);
  } catch (error) {
    return { state: 'fault', found: describeError(error) };
  }
}

/** The result of a check, for people. */
export function resultText({ title }: Check, { state, found, todo }: CheckResult): string {
  const more = todo === undefined ? '' : `    ${todo}\n`;
  return `${signs[state]} ${title}: ${found}\n${more}`;
}
