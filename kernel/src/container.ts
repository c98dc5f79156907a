/**
 * One awilix container per plugin, and the lazy `use` over it. Containers know nothing of each other:
 * a need is bridged by a function that asks the kernel when it is first read. awilix caches singletons
 * by name in a root container, which is why plugins cannot share one.
 */
import { asFunction, asValue, createContainer, type AwilixContainer, type Resolver } from 'awilix';
import { errors } from './errors.ts';
import type { Ground, Plugin } from './plugin.ts';
import type { Need } from './tokens.ts';

const groundNames = ['config', 'log', 'signal', 'home'] as const;

export interface PluginContainer {
  /** The members of `use`, read lazily; throws until `open` was called. */
  readonly use: Record<string, unknown>;
  /** From now on `use` may be read. */
  open(): void;
  resolve(service: string): unknown;
  /** Runs the disposers of all services that were made, newest first; returns what they threw. */
  dispose(): Promise<unknown[]>;
}

export function createPluginContainer(
  plugin: Plugin,
  ground: Ground<unknown>,
  answer: (need: Need) => unknown,
): PluginContainer {
  const container = createContainer({ strict: true });
  const names = [...groundNames, ...Object.keys(plugin.needs ?? {}), ...Object.keys(plugin.services ?? {})];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw errors.nameTaken(plugin.id, twice);

  for (const name of groundNames) container.register(name, asValue(ground[name]));
  for (const [name, need] of Object.entries((plugin.needs ?? {}) as Record<string, Need>)) {
    container.register(name, asFunction(() => answer(need)).singleton());
  }
  for (const [name, made] of Object.entries((plugin.services ?? {}) as Record<string, Resolver<unknown>>)) {
    container.register(name, made);
  }

  let open = false;
  const use = new Proxy({} as Record<string, unknown>, {
    get(_, name) {
      if (typeof name === 'symbol') return undefined;
      if (!container.hasRegistration(name)) throw errors.useUnknown(plugin.id, name);
      if (!open) throw errors.useTooEarly(plugin.id, name);
      return container.resolve(name);
    },
    has: (_, name) => container.hasRegistration(name),
    ownKeys: () => names,
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
  });

  return {
    use,
    open: () => void (open = true),
    resolve: (service) => container.resolve(service),
    dispose: () => disposeInReverse(container),
  };
}

/** awilix's own dispose() runs all disposers at once and reports only the first failure. */
async function disposeInReverse(container: AwilixContainer): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (const { resolver, value } of [...container.cache.values()].reverse()) {
    const dispose = (resolver as { dispose?: (value: unknown) => unknown }).dispose;
    try {
      await dispose?.(value);
    } catch (error) {
      failures.push(error);
    }
  }
  container.cache.clear();
  return failures;
}
