/**
 * For authors of plugins: a kernel with the plugins of a test, in a home that goes away, and a
 * check of one plugin's declaration.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asValue } from 'awilix';
import type { PluginSettings } from '../cli/configuration.ts';
import { Kernel } from '../kernel.ts';
import { createLog, type LogOptions } from '../log.ts';
import { definePlugin, providesOf, type InstalledPlugin, type Plugin } from '../plugin.ts';
import type { PluginReport } from '../report.ts';
import type { Environment } from '../secrets.ts';
import type { Contribution, Point, Token } from '../tokens.ts';

export { checkPlugin } from './check-plugin.ts';
export { FakeClock } from './fake-clock.ts';
export { randomFrom, testSeed } from './random.ts';
export { scaled, slowness } from './scaled.ts';
export { fetchPeer, socketUrlOf, type PeerFetch } from './fetch-peer.ts';

export interface TestKernelOptions {
  readonly plugins: readonly Plugin[];
  /** Plugin id → settings, and `onFailure`, as a configuration has them. */
  readonly config?: Readonly<Record<string, PluginSettings>>;
  /**
   * Stand-ins for services: `[[Clock, fakeClock]]`. They win over a plugin that provides the token.
   */
  readonly replace?: readonly (readonly [Token<never>, unknown])[];
  readonly environment?: Environment;
  /** Default: a fresh temporary folder, removed by `stop`. */
  readonly home?: string;
  /** Lines at this level and above reach standard error; default `error`. */
  readonly logLevel?: NonNullable<LogOptions['level']>;
  readonly startTimeoutMs?: number;
  readonly stopTimeoutMs?: number;
}

export interface TestKernel {
  readonly home: string;
  use<T>(wanted: Token<T>): T;
  points<T>(to: Point<T>): readonly Contribution<T>[];
  report(): readonly PluginReport[];
  /** Stops everything, removes the home, and throws what went wrong meanwhile. */
  stop(): Promise<void>;
}

/** Types a replacement, so that the stand-in offers all the token promises. */
export function replacement<T>(wanted: Token<T>, service: T): readonly [Token<never>, unknown] {
  return [wanted, service];
}

export async function startTestKernel(options: TestKernelOptions): Promise<TestKernel> {
  const home = options.home ?? mkdtempSync(join(tmpdir(), 'zlh-'));
  const clean = () => {
    if (options.home === undefined) rmSync(home, { recursive: true, force: true });
  };
  const replaced = new Set((options.replace ?? []).map(([wanted]) => wanted.id));
  const plugins = [
    standIns(options.replace ?? []),
    ...options.plugins.map((plugin) => without(plugin, replaced)),
  ];
  let kernel: Kernel | undefined;
  try {
    kernel = new Kernel({
      plugins: plugins.map((plugin) => installed(plugin, options.config?.[plugin.id])),
      home,
      environment: options.environment ?? {},
      log: createLog({
        format: 'text',
        level: options.logLevel ?? 'error',
        destination: process.stderr,
      }),
      startTimeoutMs: options.startTimeoutMs ?? 30_000,
      stopTimeoutMs: options.stopTimeoutMs ?? 20_000,
    });
    await kernel.start();
  } catch (error) {
    clean();
    throw error;
  }
  const started = kernel;
  return {
    home,
    use: (wanted) => started.use(wanted),
    points: (to) => started.contributions(to),
    report: () => started.report(),
    async stop() {
      const failures = await started.stop();
      clean();
      if (failures.length > 0)
        throw new AggregateError(failures, failures.map(({ message }) => message).join(' '));
    },
  };
}

function installed(plugin: Plugin, configured: PluginSettings = {}): InstalledPlugin {
  const { onFailure = 'abort', ...settings } = configured;
  return { name: plugin.id, version: '0.0.0', plugin, settings, onFailure };
}

function standIns(replace: NonNullable<TestKernelOptions['replace']>): Plugin {
  const named = replace.map(([wanted, service], index) => ({
    wanted,
    service,
    name: `standIn${index}`,
  }));
  return definePlugin({
    id: 'test-stand-ins',
    services: Object.fromEntries(named.map(({ name, service }) => [name, asValue(service)])),
    provides: Object.fromEntries(named.map(({ name, wanted }) => [name, wanted as Token<unknown>])),
  });
}

function without(plugin: Plugin, replaced: ReadonlySet<string>): Plugin {
  const provides = Object.entries(providesOf(plugin));
  return {
    ...plugin,
    provides: Object.fromEntries(provides.filter(([, wanted]) => !replaced.has(wanted.id))),
  };
}
