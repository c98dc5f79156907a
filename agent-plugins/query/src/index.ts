/** The contract of the agent's query plugin: what a game's template writes into `probe.kind` and `probe.options`. */

/** Ready when the server answers in the query protocol named by `probe.options.protocol`. */
export const QUERY = 'query';

/**
 * `openttd` (12 and later, over TCP), `source` (Valve's A2S: Source, GoldSource and everything with a Steam query
 * port), `teeworlds` (0.7).
 */
export const queryProtocols = ['openttd', 'source', 'teeworlds'] as const;
export type QueryProtocol = (typeof queryProtocols)[number];
