/**
 * How a plugin is declared. Declaring one has no side effects; all but the id is optional.
 *
 * The life of a plugin:
 *  1. its settings are parsed against `config` before any of its code runs;
 *  2. `setup` registers contributions, synchronously, and uses nothing;
 *  3. `start` runs once every plugin it needs has started; from here on `use` may be read, and the
 *     contributions that are functions of `use` are made;
 *  4. `ready` runs when every plugin has started: read points and open doors here;
 *  5. `drain` (reverse order) closes the doors, for every plugin whose `start` came to its end;
 *  6. `stop` (reverse order) lets go of everything, then the disposers of its services run, newest
 *     first. `stop` also runs after a `start` that failed half way, and copes with what there is.
 */
import type { Resolver } from 'awilix';
import type { Logger } from 'pino';
import type { Static, TObject, TSchema } from 'typebox';
import type { Contribution, Need, OptionalToken, Point, Token } from './tokens.ts';

export type Needs = Readonly<Record<string, Need>>;
// oxlint-disable-next-line typescript/no-explicit-any -- typed by what it makes
export type Services = Readonly<Record<string, Resolver<any>>>;

type Resolved<N> =
  N extends Token<infer T>
    ? T
    : N extends OptionalToken<infer T>
      ? T | undefined
      : N extends Point<infer T>
        ? readonly Contribution<T>[]
        : never;
type ServiceOf<R> = R extends Resolver<infer T> ? T : never;

/** The members of `use` that every plugin has besides its needs and its own services. */
export interface PluginContext<Config> {
  /** The parsed settings, defaults filled in. */
  readonly config: Config;
  /** Writes with the plugin's id on every line. */
  readonly log: Logger;
  /** Aborted when the plugin is told to stop, be it while it still starts. */
  readonly signal: AbortSignal;
  /** Absolute path of the folder that holds all data (`ZLH_HOME`). */
  readonly home: string;
}

/** A lazy view of the plugin's container. Reading it before `start` is an error. */
export type Use<Config, N extends Needs, S extends Services> = PluginContext<Config> & {
  readonly [K in keyof N]: Resolved<N[K]>;
} & { readonly [K in keyof S]: ServiceOf<S[K]> };

/** A value, or a function of `use` that makes the value. */
export type Contributed<T, U> = [T] extends [(...args: never) => unknown]
  ? (use: U) => T
  : T | ((use: U) => T);

/**
 * Adds one value to a point, in the plugin's name. Only possible during `setup`. A function is called once, with `use`:
 * when the value is first read, at the latest right after the plugin's `start`; its throw there fails the plugin.
 * A point whose values are functions takes a function that answers the value.
 */
export type Add<U> = <T>(to: Point<T>, contributed: Contributed<T, U>) => void;

export interface PluginDefinition<C extends TObject, N extends Needs, S extends Services> {
  /** kebab-case; prefixes the plugin's points, permissions, operations and settings. */
  readonly id: string;
  /**
   * Settings as a TypeBox object. Unknown keys are refused, also in nested objects that do not say
   * otherwise. A `description` is what people read; `secret: true` keeps it from print.
   */
  readonly config?: C;
  readonly needs?: N;
  /** awilix registrations, private to the plugin; factories receive the same members as `use`. */
  readonly services?: S;
  /** Which of the services answer which token. */
  readonly provides?: { readonly [K in keyof S]?: Token<ServiceOf<S[K]>> };
  /** Synchronous: adds to points. */
  setup?(context: SetupContext<Use<Static<C>, N, S>>): void;
  start?(use: Use<Static<C>, N, S>): Promise<void> | void;
  ready?(use: Use<Static<C>, N, S>): Promise<void> | void;
  drain?(use: Use<Static<C>, N, S>): Promise<void> | void;
  stop?(use: Use<Static<C>, N, S>): Promise<void> | void;
}

export interface SetupContext<U extends PluginContext<unknown>> {
  readonly config: U['config'];
  readonly log: Logger;
  readonly add: Add<U>;
}

/** A declared plugin whose type parameters no longer matter: what the kernel handles. */
// oxlint-disable-next-line typescript/no-explicit-any -- the kernel handles plugins of every shape
export type Plugin = PluginDefinition<any, any, any> & { readonly [brand]: true };

/** A plugin as the loader hands it over: the declaration, and what the configuration says of it. */
export interface InstalledPlugin {
  /** Package name, which is also its key in the configuration. */
  readonly name: string;
  readonly version: string;
  readonly plugin: Plugin;
  readonly settings?: Readonly<Record<string, unknown>>;
  /**
   * `continue` starts the host without this plugin when it fails; those that need it must say
   * `continue` too. Default `abort`.
   */
  readonly onFailure?: 'abort' | 'continue';
}

const brand = Symbol.for('@zlh/kernel/plugin');
const kebabCase = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** Declares a plugin. Make it the default export of the package's `./platform` or `./agent`. */
export function definePlugin<
  C extends TObject = TObject<Record<never, never>>,
  N extends Needs = Record<never, never>,
  S extends Services = Record<never, never>,
>(definition: PluginDefinition<C, N, S>): Plugin {
  if (!kebabCase.test(definition.id)) {
    throw new TypeError(`A plugin id is kebab-case, like "file-manager"; got "${definition.id}".`);
  }
  return { ...definition, [brand]: true } as unknown as Plugin;
}

/** The mark is a registered symbol: plugins made by another copy of the kernel count too. */
export function isPlugin(value: unknown): value is Plugin {
  return typeof value === 'object' && value !== null && brand in value;
}

export const needsOf = (plugin: Plugin) => (plugin.needs ?? {}) as Needs;
export const servicesOf = (plugin: Plugin) => (plugin.services ?? {}) as Services;
export const providesOf = (plugin: Plugin) =>
  (plugin.provides ?? {}) as Readonly<Record<string, Token<unknown>>>;
export const settingsOf = (plugin: Plugin) =>
  ((plugin.config as TObject | undefined)?.properties ?? {}) as Readonly<Record<string, TSchema>>;
