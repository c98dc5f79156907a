/**
 * The two things plugins meet through: a token (one service, one provider) and a point (a list
 * anybody adds to). Both match by id, so two installed copies of a contract package still meet.
 */

/** Names a service by its interface. Declare it beside the interface, under the same name. */
export interface Token<T> {
  readonly kind: 'token';
  readonly id: string;
  /** Never set: carries the type. A provider may offer more than the interface asks, never less. */
  readonly accepts?: (service: T) => void;
}

/** Names a list that any plugin may add to: routes, entities, games, probes, pages … */
export interface Point<T> {
  readonly kind: 'point';
  readonly id: string;
  /** Never set: carries the type. */
  readonly accepts?: (value: T) => void;
}

/** A need that may stay unanswered; it then reads as `undefined`. */
export interface OptionalToken<T> {
  readonly kind: 'optional';
  readonly token: Token<T>;
}

/** One entry of a point, and the id of the plugin that added it. */
export interface Contribution<T> {
  readonly plugin: string;
  readonly value: T;
}

/** What a plugin can ask for in `needs`. */
// oxlint-disable-next-line typescript/no-explicit-any -- any service type is a need
export type Need = Token<any> | OptionalToken<any> | Point<any>;

export function token<T>(id: string): Token<T> {
  return { kind: 'token', id };
}

export function point<T>(id: string): Point<T> {
  return { kind: 'point', id };
}

export function optional<T>(wanted: Token<T>): OptionalToken<T> {
  return { kind: 'optional', token: wanted };
}
