/** What a kernel says about its plugins, for `zlh inspect` and for tests. */
import { needsOf, providesOf, servicesOf } from './plugin.ts';
import type { PluginRuntime, PluginState } from './plugin-runtime.ts';
import type { SettingReport } from './settings.ts';
import type { Need } from './tokens.ts';

export interface PluginReport {
  readonly id: string;
  /** The package. */
  readonly name: string;
  readonly version: string;
  readonly state: PluginState;
  /** Token ids; `clock?` is optional, `http.routes[]` a point. */
  readonly needs: readonly string[];
  /** Ids of the tokens it answers. */
  readonly provides: readonly string[];
  readonly services: readonly string[];
  /** Point id → how many values the plugin adds. */
  readonly adds: Readonly<Record<string, number>>;
  readonly settings: readonly SettingReport[];
}

export function reportOf(runtime: PluginRuntime, adds: PluginReport['adds']): PluginReport {
  const { source, plugin, id, state, settings } = runtime;
  return {
    id,
    name: source.name,
    version: source.version,
    state,
    needs: Object.values(needsOf(plugin)).map(nameOf),
    provides: Object.values(providesOf(plugin)).map((answered) => answered.id),
    services: Object.keys(servicesOf(plugin)),
    adds,
    settings: settings.report,
  };
}

function nameOf(need: Need): string {
  if (need.kind === 'optional') return `${need.token.id}?`;
  return need.kind === 'point' ? `${need.id}[]` : need.id;
}
