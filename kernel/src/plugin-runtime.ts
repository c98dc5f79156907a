/**
 * A plugin while it lives in a kernel: its settings, its container, and the steps of its life, each
 * of which either ends in time or rejects with a coded error.
 */
import { createPluginContainer, type PluginContainer } from './container.ts';
import { errors, type CodedError, type Phase } from './errors.ts';
import type { Logger } from './log.ts';
import type { Add, InstalledPlugin, Plugin } from './plugin.ts';
import type { ParsedSettings } from './settings.ts';
import { withTimeout } from './timeout.ts';
import type { Need } from './tokens.ts';

/**
 * `starting` lasts until its `start` has come to its end; `failed` is one the host goes on without.
 */
export type PluginState = 'configured' | 'starting' | 'started' | 'failed' | 'stopped';

export interface HostServices {
  readonly log: Logger;
  readonly home: string;
  /** Finds the service behind a need. */
  readonly resolve: (need: Need) => unknown;
}

export class PluginRuntime {
  readonly source: InstalledPlugin;
  readonly settings: ParsedSettings;
  readonly log: Logger;
  readonly container: PluginContainer;
  state: PluginState = 'configured';
  /** The error of a plugin that failed, or of the one it needs. */
  failure: CodedError | undefined;
  readonly #stopping = new AbortController();

  constructor(source: InstalledPlugin, settings: ParsedSettings, services: HostServices) {
    this.source = source;
    this.settings = settings;
    this.log = services.log.child({ plugin: source.plugin.id });
    const { home } = services;
    const { signal } = this.#stopping;
    const context = { config: settings.values, log: this.log, signal, home };
    this.container = createPluginContainer(source.plugin, context, services.resolve);
  }

  get plugin(): Plugin {
    return this.source.plugin;
  }

  get id(): string {
    return this.source.plugin.id;
  }

  /** @param contribute takes each value that `setup` adds, or the function of `use` that makes the value */
  setup(contribute: (point: string, contributed: unknown, use: unknown) => void): void {
    let open = true;
    const add: Add<never> = (to, contributed) => {
      if (!open) throw errors.addTooLate(this.id, to.id);
      contribute(to.id, contributed, this.container.use);
    };
    const config = this.settings.values as never;
    try {
      const done: unknown = this.plugin.setup?.({ config, log: this.log, add });
      if (!(done instanceof Promise)) return;
      done.catch(() => {}); // it is refused whatever it comes to
      throw new TypeError('setup() must be synchronous; what waits belongs into start()');
    } finally {
      open = false;
    }
  }

  /** @param makeContributions runs once `use` may be read, as the last part of the start */
  async start(limitMs: number, makeContributions: () => void): Promise<void> {
    this.state = 'starting';
    this.container.open();
    await this.#run('start', limitMs);
    makeContributions();
    if (this.state === 'starting') this.state = 'started';
  }

  async ready(limitMs: number): Promise<void> {
    await this.#run('ready', limitMs);
  }

  async drain(limitMs: number): Promise<readonly CodedError[]> {
    return this.#end('drain', limitMs);
  }

  /** Tells the plugin that it is to stop, without waiting. */
  abort(): void {
    this.#stopping.abort();
  }

  /** Runs `stop` and all disposers, whatever any of them throws. */
  async stop(limitMs: number): Promise<readonly CodedError[]> {
    this.abort();
    const failures = await this.#end('stop', limitMs);
    const left = await this.container.dispose(limitMs);
    for (const { code, message } of left) this.log.error({ code }, message);
    this.state = 'stopped';
    return [...failures, ...left];
  }

  async #end(phase: 'drain' | 'stop', limitMs: number): Promise<readonly CodedError[]> {
    try {
      await this.#run(phase, limitMs);
      return [];
    } catch (error) {
      const coded = toPhaseError(phase, this.id, [], error);
      this.log.error({ code: coded.code, err: coded.cause }, coded.message);
      return [coded];
    }
  }

  async #run(phase: Exclude<Phase, 'setup'>, limitMs: number): Promise<void> {
    const use = this.container.use as never;
    await withTimeout(
      limitMs,
      () => this.plugin[phase]?.(use),
      () => new PhaseTimeout(limitMs),
    );
  }
}

/** A step that took too long; whoever reports it adds who needed the plugin. */
export class PhaseTimeout extends Error {
  readonly limitMs: number;

  constructor(limitMs: number) {
    super(`not within ${limitMs} ms`);
    this.limitMs = limitMs;
  }
}

/**
 * What a step rejected with, as an error for people.
 *
 * @param chain who needs the plugin, down to it
 */
export function toPhaseError(
  phase: Phase,
  plugin: string,
  chain: readonly string[],
  error: unknown,
): CodedError {
  return error instanceof PhaseTimeout
    ? errors.phaseTimeout(phase, plugin, chain, error.limitMs)
    : errors.phaseFailed(phase, plugin, chain, error);
}
