/**
 * Puts plugins into the order in which they start: a provider before everybody who needs its token.
 * Plugins that do not depend on each other keep the order of the configuration.
 */
import { errors, type CodedError } from './errors.ts';
import { needsOf, providesOf, type Plugin } from './plugin.ts';

export interface Providing {
  readonly plugin: string;
  readonly service: string;
}

/** Plugin id → ids of the plugins it depends on. */
export type Dependencies = ReadonlyMap<string, ReadonlySet<string>>;

export interface Order {
  /** Plugin ids, providers first. Incomplete when there are faults. */
  readonly ids: readonly string[];
  /** Token id → who answers it. */
  readonly providers: ReadonlyMap<string, Providing>;
  /** What a plugin cannot do without. */
  readonly required: Dependencies;
  /** The same and its optional needs that somebody answers: what it has hold of once it started. */
  readonly dependencies: Dependencies;
  readonly faults: readonly OrderFault[];
}

/** A fault, and the plugin without which it would not be. */
export interface OrderFault {
  readonly plugin: string;
  readonly error: CodedError;
}

export function orderPlugins(plugins: readonly Plugin[]): Order {
  const faults: OrderFault[] = [];
  const providers = collectProviders(plugins, faults);
  const required = new Map(plugins.map(({ id }) => [id, new Set<string>()]));
  const dependencies = new Map(plugins.map(({ id }) => [id, new Set<string>()]));
  for (const plugin of plugins) {
    for (const need of Object.values(needsOf(plugin))) {
      if (need.kind === 'point') continue;
      const wanted = need.kind === 'optional' ? need.token : need;
      const provider = providers.get(wanted.id)?.plugin;
      if (provider === undefined) {
        if (need.kind === 'token') {
          const error = errors.missingNeed(plugin.id, wanted.id);
          faults.push({ plugin: plugin.id, error });
        }
      } else if (provider !== plugin.id) {
        dependencies.get(plugin.id)?.add(provider);
        if (need.kind === 'token') required.get(plugin.id)?.add(provider);
      }
    }
  }
  return { ids: sort(dependencies, faults), providers, required, dependencies, faults };
}

function collectProviders(
  plugins: readonly Plugin[],
  faults: OrderFault[],
): Map<string, Providing> {
  const providers = new Map<string, Providing>();
  for (const plugin of plugins) {
    for (const [service, answered] of Object.entries(providesOf(plugin))) {
      const first = providers.get(answered.id);
      if (first === undefined) providers.set(answered.id, { plugin: plugin.id, service });
      else {
        const error = errors.twoProviders(answered.id, first.plugin, plugin.id);
        faults.push({ plugin: plugin.id, error });
      }
    }
  }
  return providers;
}

/** Depth first, so that a cycle is met as the path that leads back to its beginning. */
function sort(dependencies: Dependencies, faults: OrderFault[]): string[] {
  const ordered = new Set<string>();
  const visit = (id: string, path: readonly string[]): void => {
    if (ordered.has(id)) return;
    if (path.includes(id)) {
      const error = errors.cycle([...path.slice(path.indexOf(id)), id]);
      faults.push({ plugin: path.at(-1)!, error });
      return;
    }
    for (const dependency of dependencies.get(id) ?? []) visit(dependency, [...path, id]);
    ordered.add(id);
  };
  for (const id of dependencies.keys()) visit(id, []);
  return [...ordered];
}

/** The plugin and all that depend on it, however far, in the order in which they start. */
export function withDependents(
  id: string,
  ids: readonly string[],
  dependencies: Dependencies,
): readonly string[] {
  const found = new Set([id]);
  for (const each of ids) {
    if ([...(dependencies.get(each) ?? [])].some((one) => found.has(one))) found.add(each);
  }
  return [...found];
}

/**
 * One way down to the plugin, from somebody that nobody needs: `billing`, `invoices`, `database`.
 */
export function chainTo(
  id: string,
  ids: readonly string[],
  dependencies: Dependencies,
): readonly string[] {
  const dependent = ids.find((each) => dependencies.get(each)?.has(id));
  return dependent === undefined ? [id] : [...chainTo(dependent, ids, dependencies), id];
}
