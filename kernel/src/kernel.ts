/**
 * Boots plugins and stops them again. The order of a boot is told at `definePlugin`; what this file
 * adds is what happens when a step fails: everything begun is stopped, the failing plugin included,
 * and the error names the plugins that needed it.
 */
import { Contributions } from './contributions.ts';
import { declarationFaults } from './declaration.ts';
import { ConfigurationError, errors, type CodedError } from './errors.ts';
import { createLog, type Logger } from './log.ts';
import { chainTo, orderPlugins, withDependents, type Order } from './order.ts';
import type { InstalledPlugin } from './plugin.ts';
import { reportOf, type PluginReport } from './report.ts';
import { asFailure, Room } from './room.ts';
import type { Environment } from './secrets.ts';
import { parseSettings } from './settings.ts';
import { withinTime } from './time-limit.ts';
import type { Contribution, Need, Point, Token } from './tokens.ts';

export interface KernelOptions {
  readonly plugins: readonly InstalledPlugin[];
  /** Faults the loader found; reported together with those found here. */
  readonly faults?: readonly CodedError[];
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
  readonly #order: Order;
  readonly #rooms: readonly Room[];
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
    const faults: CodedError[] = [...(options.faults ?? [])];
    const sources = usable(options.plugins, faults);
    this.#order = orderPlugins(sources.map(({ plugin }) => plugin));
    faults.push(...this.#order.faults);
    const rooms = this.#furnish(sources, options.environment ?? {}, faults);
    if (faults.length > 0) throw new ConfigurationError(faults);
    this.#rooms = this.#order.ids.map((id) => rooms.get(id)!);
    for (const room of this.#rooms) this.#setup(room);
  }

  /**
   * Runs `start` in order, then `ready`, unless the doors are to stay shut. When it rejects, everything begun was
   * stopped.
   */
  async start({ doors = 'open' }: { readonly doors?: 'open' | 'shut' } = {}): Promise<void> {
    const phases = doors === 'open' ? (['start', 'ready'] as const) : (['start'] as const);
    try {
      for (const phase of phases) {
        for (const room of this.#rooms) {
          if (this.#stopped !== undefined) throw errors.stoppedWhileStarting();
          this.#step = this.#begin(room, phase);
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
    return this.#answer(wanted) as T;
  }

  contributions<T>(to: Point<T>): readonly Contribution<T>[] {
    return this.#contributions.of(to.id) as readonly Contribution<T>[];
  }

  /** The plugins in the order in which they start. */
  report(): readonly PluginReport[] {
    return this.#rooms.map((room) => reportOf(room, this.#contributions.countsBy(room.id)));
  }

  #furnish(
    sources: readonly InstalledPlugin[],
    environment: Environment,
    faults: CodedError[],
  ): ReadonlyMap<string, Room> {
    const ids = sources.map(({ plugin }) => plugin.id);
    const around = {
      log: this.log,
      home: this.home,
      answer: (need: Need) => this.#answer(need),
    };
    const rooms = sources.map((source) => {
      const { name, plugin, settings = {} } = source;
      const parsed = parseSettings(name, plugin, settings, environment, ids);
      faults.push(...parsed.faults);
      return [plugin.id, new Room(source, parsed, around)] as const;
    });
    return new Map(rooms);
  }

  #setup(room: Room): void {
    if (room.state === 'failed') return;
    try {
      room.setup((to, value) => this.#contributions.of(to.id).push({ plugin: room.id, value }));
    } catch (error) {
      for (const fallen of this.#goOnWithout(room, 'setup', error)) fallen.state = 'failed';
    }
  }

  async #begin(room: Room, phase: 'start' | 'ready'): Promise<void> {
    if (room.state === 'failed') return;
    try {
      await room[phase](this.#startTimeoutMs);
    } catch (error) {
      for (const fallen of this.#goOnWithout(room, phase, error).toReversed()) {
        if (isBegun(fallen)) await fallen.stop(this.#stopTimeoutMs);
        fallen.state = 'failed';
      }
    }
  }

  /**
   * Decides what a failure means. Answers the plugins to go on without, those that need the failed
   * one included, their contributions taken out; throws when one of them may not be missing.
   */
  #goOnWithout(room: Room, phase: 'setup' | 'start' | 'ready', error: unknown): readonly Room[] {
    const { ids, required, dependencies } = this.#order;
    const failure = asFailure(phase, room.id, chainTo(room.id, ids, required), error);
    // Once started, they also hold what was optional.
    const held = phase === 'ready' ? dependencies : required;
    const fallen = withDependents(room.id, ids, held).map((id) => this.#room(id)!);
    const mayFall = fallen.every(({ source }) => source.onFailure === 'continue');
    if (!mayFall || this.#stopped !== undefined) throw failure;
    const { code, hint, message, cause } = failure;
    const names = fallen.filter(({ state }) => state !== 'failed').map(({ id }) => id);
    room.log.error({ code, hint, err: cause }, `${message} Going on without ${names.join(', ')}.`);
    for (const id of names) this.#contributions.removeAllBy(id);
    return fallen;
  }

  async #stop(): Promise<readonly CodedError[]> {
    await this.#interrupt();
    const limit = this.#stopTimeoutMs;
    const failures: CodedError[] = [];
    const begun = this.#rooms.filter(isBegun);
    for (const room of begun.toReversed()) {
      if (room.state === 'started') failures.push(...(await room.drain(limit)));
    }
    for (const room of begun.toReversed()) failures.push(...(await room.stop(limit)));
    return failures;
  }

  /** Lets the step that runs now come to its end, be it a failure, but not for ever. */
  async #interrupt(): Promise<void> {
    this.#rooms.find(({ state }) => state === 'starting')?.abort();
    try {
      await withinTime(this.#stopTimeoutMs, () => this.#step, errors.stoppedWhileStarting);
    } catch {
      // start() reports it
    }
  }

  #answer(need: Need): unknown {
    if (need.kind === 'point') return this.#contributions.of(need.id);
    const wanted = need.kind === 'optional' ? need.token : need;
    const provider = this.#order.providers.get(wanted.id);
    const room = provider && this.#room(provider.plugin);
    if (provider === undefined || room === undefined || room.state === 'failed') {
      if (need.kind === 'optional') return undefined;
      throw errors.notProvided(wanted.id);
    }
    const found = room.container.resolve(provider.service);
    if (found === undefined) throw errors.notRunning(wanted.id, provider.plugin);
    return found.service;
  }

  #room(id: string): Room | undefined {
    return this.#rooms.find((room) => room.id === id);
  }
}

const isBegun = ({ state }: Room) => state === 'starting' || state === 'started';

/** The plugins that can be looked at further: declared as they must be, and each id once. */
function usable(plugins: readonly InstalledPlugin[], faults: CodedError[]): InstalledPlugin[] {
  const byId = new Map<string, InstalledPlugin>();
  for (const source of plugins) {
    const { id } = source.plugin;
    const first = byId.get(id);
    const problems = [...declarationFaults(source.plugin)];
    faults.push(...problems.map((problem) => errors.wrongDeclaration(source.name, problem)));
    if (first !== undefined) faults.push(errors.duplicateId(id, first.name, source.name));
    else if (problems.length === 0) byId.set(id, source);
  }
  return [...byId.values()];
}
