/** From the command line's options to a kernel whose plugins are set up but not started. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CodedError } from '../errors.ts';
import { Kernel } from '../kernel.ts';
import { load, type Host } from '../load.ts';
import { createLog } from '../log.ts';
import type { CommonOptions } from './main.ts';

export async function makeKernel(host: Host, options: CommonOptions, quiet = false): Promise<Kernel> {
  const { configuration, plugins, faults } = await load(configurationFile(host, options), host);
  const format = process.env.ZLH_LOG_FORMAT;
  return new Kernel({
    plugins,
    faults,
    home: resolve(options.home),
    environment: process.env,
    log: createLog({
      level: quiet ? 'error' : (process.env.ZLH_LOG_LEVEL ?? 'info'),
      ...(format === 'json' || format === 'text' ? { format } : {}),
      ...(quiet ? { destination: process.stderr } : {}),
    }),
    ...(configuration.startTimeoutMs === undefined ? {} : { startTimeoutMs: configuration.startTimeoutMs }),
    ...(configuration.stopTimeoutMs === undefined ? {} : { stopTimeoutMs: configuration.stopTimeoutMs }),
  });
}

/** The one asked for; else `config/<host>.ts` here; else the one that came with the product. */
function configurationFile(host: Host, options: CommonOptions): string {
  if (options.config !== undefined) {
    const asked = resolve(options.config);
    if (existsSync(asked)) return asked;
    throw new CodedError('KERNEL_NO_CONFIGURATION', `There is no configuration file "${asked}".`, 'Check the path given by --config or ZLH_CONFIG.');
  }
  const here = resolve('config', `${host}.ts`);
  const own = fileURLToPath(new URL(`../../../config/${host}.ts`, import.meta.url));
  const found = [here, own].find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new CodedError('KERNEL_NO_CONFIGURATION', `There is no configuration file "${here}".`, `Make one, or name another with --config.`);
}
