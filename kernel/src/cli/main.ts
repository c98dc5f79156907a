/** Reads the command line of `zlh` and hands over to the command it names. */
import { parseArgs } from 'node:util';
import { describeError } from '../errors.ts';
import { kernelVersion, type Host } from '../load.ts';
import { doctor } from './doctor.ts';
import { inspect } from './inspect.ts';
import { contributed } from './contributed.ts';
import { runHost } from './run-host.ts';

/** What the options of the command line mean to every command. */
export interface CommonOptions {
  readonly config: string | undefined;
  readonly home: string;
  readonly json: boolean;
  readonly settings: boolean;
}

const help = `zlh ${kernelVersion} — hosts game servers and dev environments

  zlh start              run the platform
  zlh agent              run the agent of one container
  zlh inspect [host]     print plugins, their order, services and points (host: platform, agent)
  zlh doctor  [host]     check this machine and the configuration
  zlh help               print this, and the commands that plugins add

  --config <file>        configuration to use   (default: config/<host>.ts, or ZLH_CONFIG)
  --home <folder>        where all data lives    (default: .zlh, or ZLH_HOME)
  --settings             with inspect: every setting, its meaning and where it can be set
  --json                 with inspect: for programs
`;

export async function main(argv: readonly string[]): Promise<void> {
  try {
    process.exitCode = await dispatch(argv);
  } catch (error) {
    process.stderr.write(`zlh: ${describeError(error)}\n`);
    process.exitCode = 1;
  }
}

async function dispatch(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    strict: false,
    options: { config: { type: 'string' }, home: { type: 'string' }, json: { type: 'boolean' }, settings: { type: 'boolean' }, help: { type: 'boolean', short: 'h' }, version: { type: 'boolean', short: 'v' } },
  });
  const options: CommonOptions = {
    config: (values.config as string | undefined) ?? process.env.ZLH_CONFIG,
    home: (values.home as string | undefined) ?? process.env.ZLH_HOME ?? '.zlh',
    json: values.json === true,
    settings: values.settings === true,
  };
  const [command = 'help', ...rest] = positionals;
  if (values.version === true) return say(kernelVersion);
  if (values.help === true || command === 'help') return say(help + (await contributed.list(options)));
  if (command === 'start') return runHost('platform', options);
  if (command === 'agent') return runHost('agent', options);
  if (command === 'inspect') return inspect(hostOf(rest[0]), options);
  if (command === 'doctor') return doctor(hostOf(rest[0]), options);
  return contributed.run(positionals, options);
}

function hostOf(word: string | undefined): Host {
  return word === 'agent' ? 'agent' : 'platform';
}

function say(text: string): number {
  process.stdout.write(`${text.trimEnd()}\n`);
  return 0;
}
