/** Commands that plugins add through the `Commands` point. */
import { resolve } from 'node:path';
import { openHome } from '../home.ts';
import { CodedError } from '../errors.ts';
import { makeKernel } from './make-kernel.ts';
import type { CommonOptions } from './main.ts';
import { Commands } from './points.ts';

async function list(options: CommonOptions): Promise<string> {
  const kernel = await makeKernel('platform', options, true).catch(() => undefined); // help works with a faulty configuration
  return (kernel?.contributions(Commands) ?? []).map(({ value }) => `  zlh ${value.name.padEnd(18)} ${value.summary}\n`).join('');
}

async function run(words: readonly string[], options: CommonOptions): Promise<number> {
  const kernel = await makeKernel('platform', options, true);
  const command = kernel.contributions(Commands).map(({ value }) => value).find(({ name }) => name.split(' ').every((word, i) => words[i] === word));
  if (command === undefined) {
    throw new CodedError('KERNEL_UNKNOWN_COMMAND', `There is no command "zlh ${words.join(' ')}".`, '"zlh help" lists the commands.');
  }
  const context = { args: words.slice(command.name.split(' ').length), print: (line: string) => void process.stdout.write(`${line}\n`) };
  if (command.needsStart !== true) {
    await command.run(context);
    return 0;
  }
  const home = openHome(resolve(options.home), 'platform');
  try {
    await kernel.start();
    await command.run(context);
  } finally {
    await kernel.stop();
    home.release();
  }
  return 0;
}

export const contributed = { list, run };
