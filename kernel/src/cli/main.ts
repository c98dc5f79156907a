/**
 * The `zlh` command: reads the command line, hands over to the command it names, and ends the
 * process with its exit code. Commands are imported when they are asked for.
 */
import { CodedError, describeError } from '../errors.ts';
import type { Host } from './configuration.ts';
import { readCommandLine, type CommandLine } from './command-line.ts';

export async function main(argv: readonly string[]): Promise<never> {
  // Files are made for this user and its group; code that makes one for others says so.
  process.umask(0o027);
  ignoreClosedPipes();
  let code = 1;
  try {
    const line = readCommandLine(argv, process.env);
    code = await run(line);
  } catch (error) {
    process.stderr.write(`zlh: ${describeError(error)}\n`);
  }
  // Something a plugin left open must not keep a finished command alive.
  process.exit(code);
}

async function run({ command, words, args, options }: CommandLine): Promise<number> {
  switch (command) {
    case 'start':
      return (await import('./run-host.ts')).runHost('platform', options);
    case 'agent':
      return (await import('./run-host.ts')).runHost('agent', options);
    case 'inspect':
      return (await import('./inspect.ts')).inspect(hostOf(words[0]), options);
    case 'doctor':
      return (await import('./doctor.ts')).doctor(hostOf(words[0]), options);
    case 'plugin':
      return (await import('./plugin/plugin-command.ts')).plugin(words, options);
    case 'version':
      return (await import('./help.ts')).printVersion();
    case 'help':
      return (await import('./help.ts')).printHelp(options);
    case 'contributed':
      return (await import('./plugin-commands.ts')).runPluginCommand(args, options);
  }
}

function hostOf(word: string | undefined): Host {
  if (word === undefined || word === 'platform') return 'platform';
  if (word === 'agent') return 'agent';
  throw new CodedError(
    'KERNEL_UNKNOWN_HOST',
    `There is no host "${word}".`,
    'It is either "platform" or "agent".',
  );
}

/** `zlh start | head` goes on without a reader; `zlh inspect | head` is not worth a stack trace. */
function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}
