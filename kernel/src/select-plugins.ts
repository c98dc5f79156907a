/**
 * Selects the plugins that a kernel runs, in the order of their start.
 *
 * Guarantees: a plugin that says `continue` is left out for its own faults, with its dependents,
 * and stops nobody else.
 * Every fault of the others is collected before any code of a plugin runs.
 */
import { declarationFaults } from './declaration.ts';
import { errors, type CodedError } from './errors.ts';
import { orderPlugins, type Order, type OrderFault } from './order.ts';
import type { InstalledPlugin } from './plugin.ts';
import type { Environment } from './secrets.ts';
import { parseSettings, type ParsedSettings } from './settings.ts';

/** A plugin that the host runs without. */
export interface LeftOutPlugin {
  /** The package. */
  readonly name: string;
  /** Undefined where the package could not be imported. */
  readonly id?: string;
  readonly version?: string;
  readonly error: CodedError;
}

export interface SelectedPlugin {
  readonly source: InstalledPlugin;
  readonly settings: ParsedSettings;
}

export interface Selection {
  /** In no order; `order.ids` has the one of the start. */
  readonly plugins: readonly SelectedPlugin[];
  readonly order: Order;
  readonly leftOut: readonly LeftOutPlugin[];
  readonly faults: readonly CodedError[];
}

export function selectPlugins(
  installed: readonly InstalledPlugin[],
  environment: Environment,
): Selection {
  const faults: CodedError[] = [];
  const leftOut: LeftOutPlugin[] = [];
  /** Answers true when the plugin is left out; else its faults stop the host. */
  const reject = (source: InstalledPlugin, found: readonly CodedError[]): boolean => {
    const [error] = found;
    if (error === undefined) return false;
    const { name, version, onFailure, plugin } = source;
    if (onFailure === 'continue') leftOut.push({ name, id: plugin.id, version, error });
    else faults.push(...found);
    return onFailure === 'continue';
  };
  const declared = wellDeclared(installed, reject);
  const ofDeclarations = faults.splice(0);
  const ids = declared.map(({ plugin }) => plugin.id);
  let plugins = declared.flatMap((source) => {
    const { name, plugin, settings: given = {} } = source;
    const settings = parseSettings(name, plugin, given, environment, ids);
    return reject(source, settings.faults) ? [] : [{ source, settings }];
  });
  const rejected = new Set<string>();
  const rejectFor = ({ plugin, error }: OrderFault): boolean => {
    const found = plugins.find(({ source }) => source.plugin.id === plugin);
    if (found?.source.onFailure !== 'continue' || rejected.has(plugin)) return false;
    rejected.add(plugin);
    return reject(found.source, [error]);
  };
  for (;;) {
    const order = orderPlugins(plugins.map(({ source }) => source.plugin));
    if (order.faults.filter(rejectFor).length === 0) {
      const ofOrder = order.faults.map(({ error }) => error);
      return { plugins, order, leftOut, faults: [...ofDeclarations, ...ofOrder, ...faults] };
    }
    plugins = plugins.filter(({ source }) => !rejected.has(source.plugin.id));
  }
}

/** The plugins that are declared as they must be, and each id once. */
function wellDeclared(
  installed: readonly InstalledPlugin[],
  reject: (source: InstalledPlugin, found: readonly CodedError[]) => boolean,
): InstalledPlugin[] {
  const byId = new Map<string, InstalledPlugin>();
  for (const source of installed) {
    const { id } = source.plugin;
    const first = byId.get(id);
    const found = [...declarationFaults(source.plugin)].map((problem) =>
      errors.wrongDeclaration(source.name, problem),
    );
    if (first !== undefined) found.push(errors.duplicateId(id, first.name, source.name));
    reject(source, found);
    if (found.length === 0) byId.set(id, source);
  }
  return [...byId.values()];
}
