/** From the command line's options to a kernel whose plugins are set up but not started. */
import { resolve } from 'node:path';
import { CodedError } from '../errors.ts';
import { Kernel } from '../kernel.ts';
import { findConfiguration, type Host } from './configuration.ts';
import { load } from './load.ts';
import { createLog, logFormats, logLevels, type Logger } from '../log.ts';
import type { Options } from './command-line.ts';

/** @param how `quiet`: only errors are logged, to standard error; the output is the command's */
export async function makeKernel(
  host: Host,
  options: Options,
  how: 'quiet' | 'logging',
): Promise<Kernel> {
  const log = makeLog(how);
  const loaded = await load(findConfiguration(host, options.config), host);
  const { startTimeoutMs, stopTimeoutMs } = loaded.configuration;
  return new Kernel({
    plugins: loaded.plugins,
    faults: loaded.faults,
    leftOut: loaded.leftOut,
    home: resolve(options.home),
    environment: process.env,
    log,
    ...(startTimeoutMs === undefined ? {} : { startTimeoutMs }),
    ...(stopTimeoutMs === undefined ? {} : { stopTimeoutMs }),
  });
}

/** A person reads standard output, and did not ask for the log: then only warnings are logged. */
export function isForPerson(): boolean {
  const { ZLH_LOG_LEVEL: level = '', ZLH_LOG_FORMAT: format = '' } = process.env;
  return process.stdout.isTTY && level === '' && format === '';
}

function makeLog(how: 'quiet' | 'logging'): Logger {
  const level = choice('ZLH_LOG_LEVEL', logLevels);
  const format = choice('ZLH_LOG_FORMAT', logFormats);
  const limitMiB = wholeNumber('ZLH_LOG_LIMIT_MIB');
  return createLog({
    level: how === 'quiet' ? 'error' : (level ?? (isForPerson() ? 'warn' : 'info')),
    ...(format === undefined ? {} : { format }),
    ...(limitMiB === undefined ? {} : { limitBytes: limitMiB * 2 ** 20 }),
    ...(how === 'quiet' ? { destination: process.stderr } : {}),
  });
}

function choice<T extends string>(variable: string, choices: readonly T[]): T | undefined {
  const text = process.env[variable];
  const found = choices.find((each) => each === text);
  if (text === undefined || text === '' || found !== undefined) return found;
  throw wrongVariable(variable, text, `one of ${choices.join(', ')}`);
}

function wholeNumber(variable: string): number | undefined {
  const text = process.env[variable];
  if (text === undefined || text === '') return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw wrongVariable(variable, text, 'a whole number, 1 or more');
}

function wrongVariable(variable: string, text: string, what: string): CodedError {
  return new CodedError(
    'KERNEL_WRONG_VARIABLE',
    `${variable} is "${text}", which it cannot be.`,
    `Set it to ${what}.`,
  );
}
