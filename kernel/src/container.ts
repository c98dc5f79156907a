/**
 * One awilix container per plugin, and the lazy `use` over it. Containers know nothing of each
 * other: a need is bridged by a function that asks the kernel when it is first read. awilix caches
 * singletons by name in a root container, which is why plugins cannot share one.
 */
import { asFunction, asValue, createContainer, type Resolver } from 'awilix';
import { contextNames } from './declaration.ts';
import { errors, type CodedError } from './errors.ts';
import { needsOf, servicesOf, type PluginContext, type Plugin } from './plugin.ts';
import { withTimeout } from './timeout.ts';
import type { Need } from './tokens.ts';

export interface PluginContainer {
  /** The members of `use`, read lazily; only what the kernel gives may be read after `dispose`. */
  readonly use: Readonly<Record<string, unknown>>;
  /** From now on `use` may be read. */
  open(): void;
  /** The service itself; `undefined` when the plugin is not running. */
  resolve(service: string): { readonly service: unknown } | undefined;
  /** Runs the disposers of all services that were made, newest first; answers what went wrong. */
  dispose(limitMs: number): Promise<readonly CodedError[]>;
}

export function createPluginContainer(
  plugin: Plugin,
  context: PluginContext<unknown>,
  resolve: (need: Need) => unknown,
): PluginContainer {
  const container = createContainer({ strict: true });
  for (const name of contextNames) container.register(name, asValue(context[name]));
  for (const [name, need] of Object.entries(needsOf(plugin))) {
    container.register(name, asFunction(() => resolve(need)).singleton());
  }
  container.register(servicesOf(plugin));
  const names = Object.keys(container.registrations);
  let state: 'closed' | 'open' | 'over' = 'closed';

  const read = (name: string): unknown => {
    if (!names.includes(name)) {
      // Asked of any object, by await and by logs.
      if (name === 'then' || name === 'toJSON') return undefined;
      throw errors.useUnknown(plugin.id, name);
    }
    // Every plugin has added its contributions before anybody holds `use`.
    const isPoint = needsOf(plugin)[name]?.kind === 'point';
    if (state === 'closed' && !isPoint) throw errors.useTooEarly(plugin.id, name);
    if (state === 'over' && !(name in context)) throw errors.useTooLate(plugin.id, name);
    return container.resolve(name);
  };

  return {
    use: lazyObject(names, read),
    open: () => void (state = 'open'),
    resolve: (name) => (state === 'open' ? { service: container.resolve(name) } : undefined),
    dispose(limitMs) {
      const made = [...container.cache].reverse();
      state = 'over';
      container.cache.clear();
      return disposeEach(plugin.id, made, limitMs);
    },
  };
}

/** Has the members, and asks `read` for one whenever it is looked at. */
function lazyObject(names: readonly string[], read: (name: string) => unknown) {
  return new Proxy<Record<string, unknown>>(
    {},
    {
      get: (_, name) => (typeof name === 'symbol' ? undefined : read(name)),
      has: (_, name) => names.includes(String(name)),
      ownKeys: () => [...names],
      getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
      set: () => false,
    },
  );
}

type Made = readonly [
  PropertyKey,
  { readonly resolver: Resolver<unknown>; readonly value: unknown },
];

/** awilix's own dispose() runs all disposers at once and reports only the first failure. */
async function disposeEach(
  plugin: string,
  made: readonly Made[],
  limitMs: number,
): Promise<readonly CodedError[]> {
  const failures: CodedError[] = [];
  for (const [key, { resolver, value }] of made) {
    const { dispose } = resolver as { dispose?: (value: unknown) => unknown };
    if (dispose === undefined) continue;
    const service = String(key);
    const late = errors.disposeTimeout(plugin, service, limitMs);
    try {
      await withTimeout(
        limitMs,
        () => dispose(value),
        () => late,
      );
    } catch (error) {
      failures.push(error === late ? late : errors.disposeFailed(plugin, service, error));
    }
  }
  return failures;
}
