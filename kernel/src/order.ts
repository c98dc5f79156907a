/**
 * Puts plugins into the order in which they start: a provider before everybody who needs its token.
 * Plugins that do not depend on each other keep the order of the configuration.
 */
import { errors, type CodedError } from './errors.ts';
import type { Plugin } from './plugin.ts';
import type { Need, Token } from './tokens.ts';

export interface Providing {
  readonly plugin: string;
  readonly service: string;
}

export interface Order {
  /** Plugin ids, providers first. Incomplete when there are faults. */
  readonly ids: readonly string[];
  /** Token id → who answers it. */
  readonly providers: ReadonlyMap<string, Providing>;
  /** Plugin id → ids of the plugins it needs; optional needs count when somebody answers them. */
  readonly dependencies: ReadonlyMap<string, readonly string[]>;
  readonly faults: readonly CodedError[];
}

export function orderPlugins(plugins: readonly Plugin[]): Order {
  const faults: CodedError[] = [];
  const providers = collectProviders(plugins, faults);
  const dependencies = new Map<string, string[]>();
  for (const plugin of plugins) {
    const ids = new Set<string>();
    for (const need of Object.values((plugin.needs ?? {}) as Record<string, Need>)) {
      if (need.kind === 'point') continue;
      const wanted = need.kind === 'optional' ? need.token : need;
      const provider = providers.get(wanted.id);
      if (provider !== undefined) ids.add(provider.plugin);
      else if (need.kind === 'token') faults.push(errors.missingNeed(plugin.id, wanted.id));
    }
    ids.delete(plugin.id);
    dependencies.set(plugin.id, [...ids]);
  }
  return { ids: sort(plugins, dependencies, faults), providers, dependencies, faults };
}

function collectProviders(plugins: readonly Plugin[], faults: CodedError[]): Map<string, Providing> {
  const providers = new Map<string, Providing>();
  for (const plugin of plugins) {
    const provides = (plugin.provides ?? {}) as Record<string, Token<unknown>>;
    for (const [service, answered] of Object.entries(provides)) {
      const first = providers.get(answered.id);
      if (first === undefined) providers.set(answered.id, { plugin: plugin.id, service });
      else faults.push(errors.twoProviders(answered.id, first.plugin, plugin.id));
    }
  }
  return providers;
}

/** Depth first, so that a cycle is met as the path that leads back to its beginning. */
function sort(
  plugins: readonly Plugin[],
  dependencies: ReadonlyMap<string, readonly string[]>,
  faults: CodedError[],
): string[] {
  const ordered: string[] = [];
  const state = new Map<string, 'visiting' | 'done'>();
  const visit = (id: string, path: readonly string[]): void => {
    if (state.get(id) === 'done') return;
    if (state.get(id) === 'visiting') {
      faults.push(errors.cycle([...path.slice(path.indexOf(id)), id]));
      return;
    }
    state.set(id, 'visiting');
    for (const dependency of dependencies.get(id) ?? []) visit(dependency, [...path, id]);
    state.set(id, 'done');
    ordered.push(id);
  };
  for (const plugin of plugins) visit(plugin.id, []);
  return ordered;
}
