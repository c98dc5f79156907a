/** Kernels for the kernel's own tests: plugins as they are declared, a log that can be read. */
import { tmpdir } from 'node:os';
import { Kernel, type KernelOptions } from '../src/kernel.ts';
import { createLog } from '../src/log.ts';
import type { InstalledPlugin, Plugin } from '../src/plugin.ts';

export interface LogLine {
  readonly level: string;
  readonly plugin?: string;
  readonly msg: string;
  readonly code?: string;
}

/**
 * @param more what the configuration says besides; `installed` overrides single plugins by their id
 */
export function makeKernel(
  plugins: readonly Plugin[],
  more: Partial<KernelOptions> & { installed?: Record<string, Partial<InstalledPlugin>> } = {},
) {
  const { installed = {}, ...options } = more;
  const lines: LogLine[] = [];
  const log = createLog({
    format: 'json',
    destination: { write: (line) => void lines.push(JSON.parse(line) as LogLine) },
  });
  const kernel = new Kernel({
    plugins: plugins.map((plugin) => ({
      name: `@zlh/${plugin.id}`,
      version: '1.0.0',
      plugin,
      ...installed[plugin.id],
    })),
    home: tmpdir(),
    log,
    ...options,
  });
  return { kernel, lines };
}
