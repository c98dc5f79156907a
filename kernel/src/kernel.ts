/**
 * Boots plugins and stops them again. The order of a boot is told at `definePlugin`; what this file
 * adds is what happens when a step fails: everything begun is stopped, the failing plugin included,
 * and the error names the plugins that needed it.
 */
import { Contributions } from './contributions.ts';
import { ConfigurationError, errors, type CodedError } from './errors.ts';
import { createLog, type Logger } from './log.ts';
import { chainTo, withDependents, type Order } from './order.ts';
import type { InstalledPlugin } from './plugin.ts';
import { reportOf, reportOfLeftOut, type PluginReport } from './report.ts';
import { toPhaseError, PluginRuntime } from './plugin-runtime.ts';
import type { Environment } from './secrets.ts';
import { selectPlugins, type LeftOutPlugin, type SelectedPlugin } from './select-plugins.ts';
import { withTimeout } from './timeout.ts';
import type { Contribution, Need, Point, Token } from './tokens.ts';

export interface KernelOptions {
  readonly plugins: readonly InstalledPlugin[];
  /** Faults the loader found; reported together with those found here. */
  readonly faults?: readonly CodedError[];
  /** Plugins that the loader left out, which say `continue`. */
  readonly leftOut?: readonly LeftOutPlugin[];
  readonly home: string;
  readonly environment?: Environment;
  readonly log?: Logger;
  /** Longest time a plugin may take to start, and to become ready. Default 60,000 ms. */
  readonly startTimeoutMs?: number;
  /** Longest time to drain, to stop, and to dispose of one service. Default 20,000 ms. */
  readonly stopTimeoutMs?: number;
}

export class Kernel {
  readonly log: Logger;
  readonly home: string;
  /** Plugins that the host runs without since before their setup, each with its reason. */
  readonly leftOut: readonly LeftOutPlugin[];
  readonly #order: Order;
  readonly #runtimes: readonly PluginRuntime[];
  readonly #contributions = new Contributions();
  readonly #startTimeoutMs: number;
  readonly #stopTimeoutMs: number;
  /** The step of the start that runs now. */
  #step: Promise<void> | undefined;
  #stopped: Promise<readonly CodedError[]> | undefined;

  /**
   * Parses settings, orders the plugins and runs every `setup`.
   *
   * @throws ConfigurationError with all faults, before any code of a plugin ran
   * @throws CodedError when a `setup` failed
   */
  constructor(options: KernelOptions) {
    this.log = options.log ?? createLog();
    this.home = options.home;
    this.#startTimeoutMs = options.startTimeoutMs ?? 60_000;
    this.#stopTimeoutMs = options.stopTimeoutMs ?? 20_000;
    const selection = selectPlugins(options.plugins, options.environment ?? {});
    const faults = [...(options.faults ?? []), ...selection.faults];
    if (faults.length > 0) throw new ConfigurationError(faults);
    this.leftOut = [...(options.leftOut ?? []), ...selection.leftOut];
    for (const { name, error } of this.leftOut) {
      const { code, hint, message, cause } = error;
      this.log.error({ code, hint, err: cause }, `${message} Going on without ${name}.`);
    }
    this.#order = selection.order;
    const runtimes = this.#createRuntimes(selection.plugins);
    this.#runtimes = this.#order.ids.map((id) => runtimes.get(id)!);
    for (const runtime of this.#runtimes) this.#setup(runtime);
  }

  /**
   * Runs `start` in order, then `ready` unless it is false: then nothing opens its doors. When it rejects,
   * everything begun was stopped.
   */
  async start({ ready = true }: { readonly ready?: boolean } = {}): Promise<void> {
    const phases = ready ? (['start', 'ready'] as const) : (['start'] as const);
    try {
      for (const phase of phases) {
        for (const runtime of this.#runtimes) {
          if (this.#stopped !== undefined) throw errors.stoppedWhileStarting();
          this.#step = this.#begin(runtime, phase);
          await this.#step;
        }
      }
    } catch (error) {
      const wasTold = this.#stopped !== undefined;
      await this.stop();
      throw wasTold ? errors.stoppedWhileStarting() : error;
    }
  }

  /**
   * Drains, then stops, in reverse order. Answers what went wrong, having logged it and stopped the
   * others all the same. A plugin that is just starting is told by its signal and waited for.
   */
  stop(): Promise<readonly CodedError[]> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** The service that answers a token, for tests and commands; plugins use their needs. */
  use<T>(wanted: Token<T>): T {
    return this.#resolve(wanted) as T;
  }

  contributions<T>(to: Point<T>): readonly Contribution<T>[] {
    return this.#contributions.of(to.id) as readonly Contribution<T>[];
  }

  /** The plugins in the order in which they start, then those that were left out. */
  report(): readonly PluginReport[] {
    const reports = this.#runtimes.map((runtime) =>
      reportOf(runtime, this.#contributions.countsBy(runtime.id)),
    );
    return [...reports, ...this.leftOut.map(reportOfLeftOut)];
  }

  #createRuntimes(plugins: readonly SelectedPlugin[]): ReadonlyMap<string, PluginRuntime> {
    const services = {
      log: this.log,
      home: this.home,
      resolve: (need: Need) => this.#resolve(need),
    };
    return new Map(
      plugins.map(({ source, settings }) => [
        source.plugin.id,
        new PluginRuntime(source, settings, services),
      ]),
    );
  }

  #setup(runtime: PluginRuntime): void {
    if (runtime.state === 'failed') return;
    try {
      runtime.setup((point, contributed, use) =>
        this.#contributions.add(point, runtime.id, contributed, use),
      );
    } catch (error) {
      for (const disabled of this.#disableFailed(runtime, 'setup', error))
        disabled.state = 'failed';
    }
  }

  async #begin(runtime: PluginRuntime, phase: 'start' | 'ready'): Promise<void> {
    if (runtime.state === 'failed') return;
    try {
      if (phase === 'ready') await runtime.ready(this.#startTimeoutMs);
      else {
        const makeContributions = () => this.#contributions.makeAllBy(runtime.id);
        await runtime.start(this.#startTimeoutMs, makeContributions);
      }
    } catch (error) {
      for (const disabled of this.#disableFailed(runtime, phase, error).toReversed()) {
        if (isBegun(disabled)) await disabled.stop(this.#stopTimeoutMs);
        disabled.state = 'failed';
      }
    }
  }

  /**
   * Decides what a failure means. Answers the plugins to go on without, those that need the failed
   * one included, their contributions taken out; throws when one of them may not be missing.
   */
  #disableFailed(
    runtime: PluginRuntime,
    phase: 'setup' | 'start' | 'ready',
    error: unknown,
  ): readonly PluginRuntime[] {
    const { ids, required, dependencies } = this.#order;
    const failure = toPhaseError(phase, runtime.id, chainTo(runtime.id, ids, required), error);
    // Once started, they also hold what was optional.
    const held = phase === 'ready' ? dependencies : required;
    const disabled = withDependents(runtime.id, ids, held).map((id) => this.#runtime(id)!);
    const mayDisable = disabled.every(({ source }) => source.onFailure === 'continue');
    if (!mayDisable || this.#stopped !== undefined) throw failure;
    const { code, hint, message, cause } = failure;
    for (const each of disabled) each.failure ??= failure;
    const names = disabled.filter(({ state }) => state !== 'failed').map(({ id }) => id);
    runtime.log.error(
      { code, hint, err: cause },
      `${message} Going on without ${names.join(', ')}.`,
    );
    for (const id of names) this.#contributions.removeAllBy(id);
    return disabled;
  }

  async #stop(): Promise<readonly CodedError[]> {
    await this.#interrupt();
    const limit = this.#stopTimeoutMs;
    const failures: CodedError[] = [];
    const begun = this.#runtimes.filter(isBegun);
    for (const runtime of begun.toReversed()) {
      if (runtime.state === 'started') failures.push(...(await runtime.drain(limit)));
    }
    for (const runtime of begun.toReversed()) failures.push(...(await runtime.stop(limit)));
    return failures;
  }

  /** Lets the step that runs now come to its end, be it a failure, but not for ever. */
  async #interrupt(): Promise<void> {
    this.#runtimes.find(({ state }) => state === 'starting')?.abort();
    try {
      await withTimeout(this.#stopTimeoutMs, () => this.#step, errors.stoppedWhileStarting);
    } catch {
      // start() reports it
    }
  }

  #resolve(need: Need): unknown {
    if (need.kind === 'point') return this.#contributions.of(need.id);
    const wanted = need.kind === 'optional' ? need.token : need;
    const provider = this.#order.providers.get(wanted.id);
    const runtime = provider && this.#runtime(provider.plugin);
    if (provider === undefined || runtime === undefined || runtime.state === 'failed') {
      if (need.kind === 'optional') return undefined;
      throw errors.notProvided(wanted.id);
    }
    const found = runtime.container.resolve(provider.service);
    if (found === undefined) throw errors.notRunning(wanted.id, provider.plugin);
    return found.service;
  }

  #runtime(id: string): PluginRuntime | undefined {
    return this.#runtimes.find((runtime) => runtime.id === id);
  }
}

const isBegun = ({ state }: PluginRuntime) => state === 'starting' || state === 'started';
