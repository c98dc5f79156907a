/** Runs the commands that plugins add through the `Commands` point. */
import { CodedError } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { Options } from './command-line.ts';
import { makeKernel } from './make-kernel.ts';
import { Commands, type Command } from './points.ts';
import { runKernel } from './run-kernel.ts';
import { exitCodeOf } from './shutdown-signals.ts';

/** @param args what was typed, the kernel's own options taken out */
export async function runPluginCommand(args: readonly string[], options: Options): Promise<number> {
  const made = await makeKernel('platform', options, 'quiet');
  const command = find(made, args);
  if (command === undefined) {
    const words = args.filter((word) => !word.startsWith('-'));
    throw new CodedError(
      'KERNEL_UNKNOWN_COMMAND',
      `There is no command "zlh ${words.join(' ')}".`,
      '"zlh help" lists the commands.',
    );
  }
  if (command.needsStart !== true) {
    await run(made, command, args);
    return 0;
  }
  const make = () => Promise.resolve(made);
  const { failed, signal } = await runKernel('platform', options, make, false, () =>
    run(made, command, args),
  );
  if (failed) return 1;
  return signal === undefined ? 0 : exitCodeOf(signal);
}

/** The longest name that the words begin with: `catalog import` before `catalog`. */
function find(kernel: Kernel, args: readonly string[]): Command | undefined {
  return kernel
    .contributions(Commands)
    .map(({ value }) => value)
    .filter((command) => wordsOf(command).every((word, index) => args[index] === word))
    .toSorted((a, b) => wordsOf(b).length - wordsOf(a).length)[0];
}

const wordsOf = ({ name }: Command) => name.split(' ');

async function run(kernel: Kernel, command: Command, args: readonly string[]): Promise<void> {
  await command.run({
    args: args.slice(wordsOf(command).length),
    print: (line) => void process.stdout.write(`${line}\n`),
    points: (to) => kernel.contributions(to),
  });
}
