/**
 * Boots plugins and stops them again. The order of a boot is told at `definePlugin`; what this file adds
 * is what happens when a step fails: everything begun is stopped, the failing plugin included, and the
 * error names the plugins that needed it.
 */
import { createPluginContainer, type PluginContainer } from './container.ts';
import { CodedError, ConfigurationError, errors, type Phase } from './errors.ts';
import { createLog, type Logger } from './log.ts';
import { orderPlugins, type Order } from './order.ts';
import type { Plugin } from './plugin.ts';
import { parseSettings, type Environment } from './settings.ts';
import type { Contribution, Need, Point, Token } from './tokens.ts';

/** A plugin as the loader hands it over. */
export interface PluginSource {
  /** Package name, which is also its key in the configuration. */
  readonly name: string;
  readonly version: string;
  readonly plugin: Plugin;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** `continue` starts the host without this plugin, and those that need it, when it fails. Default `abort`. */
  readonly onFailure?: 'abort' | 'continue';
}

export interface KernelOptions {
  readonly plugins: readonly PluginSource[];
  /** Faults the loader found; reported together with those found here. */
  readonly faults?: readonly CodedError[];
  readonly home: string;
  readonly environment?: Environment;
  readonly log?: Logger;
  /** Longest time a plugin may take to start, and to become ready. Default 60,000 ms. */
  readonly startTimeoutMs?: number;
  /** Longest time a plugin may take to drain, and to stop. Default 20,000 ms. */
  readonly stopTimeoutMs?: number;
}

export interface PluginReport {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly state: 'configured' | 'started' | 'failed' | 'stopped';
  readonly needs: readonly string[];
  readonly provides: readonly string[];
  readonly services: readonly string[];
  /** Point id → how many values the plugin adds. */
  readonly adds: Readonly<Record<string, number>>;
  readonly settings: Readonly<Record<string, unknown>>;
}

interface Room {
  readonly source: PluginSource;
  readonly plugin: Plugin;
  readonly config: unknown;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly container: PluginContainer;
  readonly log: Logger;
  readonly stopping: AbortController;
  state: PluginReport['state'];
  settingUp: boolean;
}

export class Kernel {
  readonly log: Logger;
  readonly home: string;
  readonly #order: Order;
  readonly #rooms: readonly Room[];
  readonly #contributions = new Map<string, Contribution<unknown>[]>();
  readonly #startTimeoutMs: number;
  readonly #stopTimeoutMs: number;
  #stopped: Promise<readonly CodedError[]> | undefined;

  /** Parses settings, orders the plugins and runs every `setup`. Throws a ConfigurationError with all faults. */
  constructor(options: KernelOptions) {
    this.log = options.log ?? createLog();
    this.home = options.home;
    this.#startTimeoutMs = options.startTimeoutMs ?? 60_000;
    this.#stopTimeoutMs = options.stopTimeoutMs ?? 20_000;
    const faults: CodedError[] = [...(options.faults ?? [])];
    const sources = withoutDuplicates(options.plugins, faults);
    this.#order = orderPlugins(sources.map(({ plugin }) => plugin));
    faults.push(...this.#order.faults);
    const rooms = this.#furnish(sources, options.environment ?? {}, faults);
    if (faults.length > 0) throw new ConfigurationError(faults);
    this.#rooms = this.#order.ids.map((id) => rooms.get(id)!);
    for (const room of this.#rooms) this.#setup(room);
  }

  /** Runs `start` in order, then `ready`. On failure everything begun is stopped before this rejects. */
  async start(): Promise<void> {
    try {
      for (const phase of ['start', 'ready'] as const) {
        for (const room of this.#rooms) {
          if (this.#stopped !== undefined) throw errors.stoppedWhileStarting();
          await this.#begin(room, phase);
        }
      }
    } catch (error) {
      const failures = await this.stop();
      if (failures.length === 0) throw error;
      throw new AggregateError([error, ...failures], (error as Error).message, { cause: error });
    }
  }

  /** Drains, then stops, in reverse order; answers the failures, having stopped the others all the same. */
  stop(): Promise<readonly CodedError[]> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** The service that answers a token, for tests and commands; plugins use their needs. */
  use<T>(wanted: Token<T>): T {
    return this.#answer(wanted) as T;
  }

  contributions<T>(to: Point<T>): readonly Contribution<T>[] {
    return this.#list(to.id) as readonly Contribution<T>[];
  }

  report(): readonly PluginReport[] {
    return this.#rooms.map(({ source, plugin, state, settings }) => ({
      id: plugin.id,
      name: source.name,
      version: source.version,
      state,
      needs: Object.values((plugin.needs ?? {}) as Record<string, Need>).map((need) => (need.kind === 'optional' ? `${need.token.id}?` : need.kind === 'point' ? `${need.id}[]` : need.id)),
      provides: Object.values((plugin.provides ?? {}) as Record<string, Token<unknown>>).map(({ id }) => id),
      services: Object.keys(plugin.services ?? {}),
      adds: this.#addedBy(plugin.id),
      settings,
    }));
  }

  /** Every plugin with its settings, secrets masked, in starting order. */
  settings(): readonly { readonly plugin: Plugin; readonly name: string; readonly printable: Readonly<Record<string, unknown>> }[] {
    return this.#rooms.map(({ plugin, source, settings }) => ({ plugin, name: source.name, printable: settings }));
  }

  #furnish(sources: readonly PluginSource[], environment: Environment, faults: CodedError[]): Map<string, Room> {
    const rooms = new Map<string, Room>();
    const ids = sources.map(({ plugin }) => plugin.id);
    for (const source of sources) {
      const { plugin } = source;
      const parsed = parseSettings(source.name, plugin, source.settings ?? {}, environment, ids);
      faults.push(...parsed.faults);
      const log = this.log.child({ plugin: plugin.id });
      const stopping = new AbortController();
      const ground = { config: parsed.values, log, signal: stopping.signal, home: this.home };
      try {
        const container = createPluginContainer(plugin, ground, (need) => this.#answer(need));
        rooms.set(plugin.id, { source, plugin, config: parsed.values, settings: parsed.printable, container, log, stopping, state: 'configured', settingUp: false });
      } catch (error) {
        faults.push(error as CodedError);
      }
    }
    return rooms;
  }

  #setup(room: Room): void {
    room.settingUp = true;
    const add = <T>(to: Point<T>, value: T): void => {
      if (!room.settingUp) throw errors.addTooLate(room.plugin.id, to.id);
      this.#list(to.id).push({ plugin: room.plugin.id, value });
    };
    try {
      const done: unknown = room.plugin.setup?.({ config: room.config as never, log: room.log, add, use: room.container.use as never });
      if (done instanceof Promise) throw new TypeError('setup() is synchronous: move what waits into start()');
    } catch (error) {
      throw errors.phaseFailed('setup', room.plugin.id, [], error);
    } finally {
      room.settingUp = false;
    }
  }

  async #begin(room: Room, phase: 'start' | 'ready'): Promise<void> {
    if (room.state === 'failed') return;
    if (phase === 'start') {
      room.state = 'started';
      room.container.open();
    }
    try {
      await this.#run(room, phase, this.#startTimeoutMs);
    } catch (error) {
      const chain = this.#neededBy(room.plugin.id);
      const coded = isTimeout(error) ? (error as CodedError) : errors.phaseFailed(phase, room.plugin.id, chain, error);
      const fallen = this.#rooms.filter(({ plugin }) => plugin === room.plugin || chain.includes(plugin.id));
      if (fallen.some(({ source }) => source.onFailure !== 'continue')) throw coded;
      room.log.error({ code: coded.code, hint: coded.hint }, `${coded.message} Going on without ${fallen.map(({ plugin }) => plugin.id).join(', ')}.`);
      for (const each of [...fallen].reverse()) await this.#giveUp(each);
    }
  }

  /** Lets go of one plugin and takes its contributions out of every point. */
  async #giveUp(room: Room): Promise<void> {
    if (room.state === 'started') await this.#end(room);
    room.state = 'failed';
    for (const list of this.#contributions.values()) {
      for (let i = list.length - 1; i >= 0; i--) if (list[i]!.plugin === room.plugin.id) list.splice(i, 1);
    }
  }

  async #stop(): Promise<readonly CodedError[]> {
    const failures: CodedError[] = [];
    const begun = this.#rooms.filter(({ state }) => state === 'started').reverse();
    for (const room of begun) {
      try {
        await this.#run(room, 'drain', this.#stopTimeoutMs);
      } catch (error) {
        failures.push(this.#left(room, 'drain', error));
      }
    }
    for (const room of begun) failures.push(...(await this.#end(room)));
    return failures;
  }

  async #end(room: Room): Promise<CodedError[]> {
    const failures: CodedError[] = [];
    room.stopping.abort();
    try {
      await this.#run(room, 'stop', this.#stopTimeoutMs);
    } catch (error) {
      failures.push(this.#left(room, 'stop', error));
    }
    for (const error of await room.container.dispose()) failures.push(this.#left(room, 'stop', error));
    room.state = 'stopped';
    return failures;
  }

  #left(room: Room, phase: Phase, error: unknown): CodedError {
    const coded = isTimeout(error) ? (error as CodedError) : errors.phaseFailed(phase, room.plugin.id, [], error);
    room.log.error({ code: coded.code }, coded.message);
    return coded;
  }

  async #run(room: Room, phase: 'start' | 'ready' | 'drain' | 'stop', timeoutMs: number): Promise<void> {
    const step = room.plugin[phase];
    if (step === undefined) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(errors.phaseTimeout(phase, room.plugin.id, timeoutMs)), timeoutMs);
    });
    try {
      await Promise.race([Promise.resolve(step.call(room.plugin, room.container.use as never)), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #answer(need: Need): unknown {
    if (need.kind === 'point') return this.#list(need.id);
    const wanted = need.kind === 'optional' ? need.token : need;
    const provider = this.#order.providers.get(wanted.id);
    const room = this.#rooms.find(({ plugin }) => plugin.id === provider?.plugin);
    if (provider === undefined || room === undefined || room.state === 'failed') {
      if (need.kind === 'optional') return undefined;
      throw errors.missingNeed('the caller', wanted.id);
    }
    return room.container.resolve(provider.service);
  }

  /** Ids of the plugins that need this one, nearest first. */
  #neededBy(id: string): string[] {
    const found: string[] = [];
    const hard = (plugin: Plugin) => Object.values((plugin.needs ?? {}) as Record<string, Need>).filter((need) => need.kind === 'token').map((need) => this.#order.providers.get((need as Token<unknown>).id)?.plugin);
    const visit = (of: string): void => {
      for (const { plugin } of this.#rooms) {
        if (found.includes(plugin.id) || !hard(plugin).includes(of)) continue;
        found.push(plugin.id);
        visit(plugin.id);
      }
    };
    visit(id);
    return found;
  }

  #list(id: string): Contribution<unknown>[] {
    let list = this.#contributions.get(id);
    if (list === undefined) this.#contributions.set(id, (list = []));
    return list;
  }

  #addedBy(plugin: string): Record<string, number> {
    const counts = [...this.#contributions].map(([id, list]) => [id, list.filter((entry) => entry.plugin === plugin).length] as const);
    return Object.fromEntries(counts.filter(([, count]) => count > 0));
  }
}

const isTimeout = (error: unknown) => error instanceof CodedError && /^KERNEL_\w+_TIMEOUT$/.test(error.code);

function withoutDuplicates(sources: readonly PluginSource[], faults: CodedError[]): PluginSource[] {
  const byId = new Map<string, PluginSource>();
  for (const source of sources) {
    const first = byId.get(source.plugin.id);
    if (first === undefined) byId.set(source.plugin.id, source);
    else faults.push(errors.duplicateId(source.plugin.id, first.name, source.name));
  }
  return [...byId.values()];
}
