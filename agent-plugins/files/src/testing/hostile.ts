/** One archive of the hostile collection. */

export interface Hostile {
  readonly title: string;
  readonly code: string;
  make(): Buffer | Promise<Buffer>;
}
