/** `config/platform.ts` and `config/agent.ts`: where they are, and what may stand in them. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Type } from 'typebox';
import { errors } from '../errors.ts';
import { closed, faultsOf } from '../setting-faults.ts';

/** Which export of a plugin package is loaded. */
export type Host = 'platform' | 'agent';

/** What `config/platform.ts` and `config/agent.ts` export: data only. */
export interface Configuration {
  /** Package name → its settings; `false` leaves it out. `onFailure` is read by the kernel. */
  readonly plugins: Readonly<Record<string, false | PluginSettings>>;
  /** Longest time a plugin may take to start, and to become ready. Default 60,000 ms. */
  readonly startTimeoutMs?: number;
  /** Longest time a plugin may take to drain, and to stop. Default 20,000 ms. */
  readonly stopTimeoutMs?: number;
}

/** A plugin's settings, and whether the host goes on without it when it fails. Default `abort`. */
export type PluginSettings = Readonly<Record<string, unknown>> & {
  readonly onFailure?: 'abort' | 'continue';
};

const milliseconds = Type.Optional(Type.Integer({ minimum: 1 }));
const onFailure = Type.Optional(Type.Union([Type.Literal('abort'), Type.Literal('continue')]));
/** What the kernel itself reads of a plugin's settings. */
export const pluginSettings = Type.Object({ onFailure }, { additionalProperties: true });
const shape = closed(
  Type.Object({
    plugins: Type.Record(Type.String(), Type.Unknown()),
    startTimeoutMs: milliseconds,
    stopTimeoutMs: milliseconds,
  }),
);

/**
 * The file asked for; else `config/<host>.ts` here; else the one that came with the product.
 *
 * @throws CodedError KERNEL_NO_CONFIGURATION
 */
export function findConfiguration(host: Host, wanted?: string): string {
  if (wanted !== undefined) {
    const asked = resolve(wanted);
    if (existsSync(asked)) return asked;
    throw errors.noConfiguration(asked, 'Check the path given by --config or ZLH_CONFIG.');
  }
  const here = resolve('config', `${host}.ts`);
  const own = fileURLToPath(new URL(`../../../config/${host}.ts`, import.meta.url));
  const found = [here, own].find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw errors.noConfiguration(here, 'Make one, or name another with --config.');
}

/** @throws CodedError when it cannot be read, or something stands in it that may not */
export async function readConfiguration(file: string): Promise<Configuration> {
  let configuration: unknown;
  try {
    const { href } = pathToFileURL(file);
    configuration = ((await import(href)) as { readonly default?: unknown }).default;
  } catch (error) {
    throw errors.configurationUnreadable(file, error);
  }
  for (const fault of faultsOf('', shape, configuration)) {
    const problem = fault.kind === 'wrong' ? fault.problem : `is ${fault.kind}`;
    throw errors.wrongConfiguration(file, fault.path === '' ? 'default' : fault.path, problem);
  }
  return configuration as Configuration;
}
