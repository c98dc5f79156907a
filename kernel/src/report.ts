/** What a kernel says about its plugins, for `zlh inspect` and for tests. */
import type { CodedError } from './errors.ts';
import type { LeftOutPlugin } from './select-plugins.ts';
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
  /** The reason of a plugin that failed. */
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
}

export function reportOf(runtime: PluginRuntime, adds: PluginReport['adds']): PluginReport {
  const { source, plugin, id, state, settings, failure } = runtime;
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
    ...(failure === undefined ? {} : { error: wordsOf(failure) }),
  };
}

const wordsOf = ({ code, message, hint }: CodedError) => ({ code, message, hint });

/** A plugin that was left out before anything of it could be read. */
export function reportOfLeftOut({
  name,
  id = name,
  version = '',
  error,
}: LeftOutPlugin): PluginReport {
  const nothing = { needs: [], provides: [], services: [], adds: {}, settings: [] };
  return { id, name, version, state: 'failed', ...nothing, error: wordsOf(error) };
}

function nameOf(need: Need): string {
  if (need.kind === 'optional') return `${need.token.id}?`;
  return need.kind === 'point' ? `${need.id}[]` : need.id;
}
