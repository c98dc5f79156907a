/** The shape of every query protocol in this folder: ask a server who plays on it. */

export interface Players {
  readonly online: number;
  readonly max: number;
}
/** Rejects when nothing sensible comes before the signal aborts. */
export type Query = (host: string, port: number, signal: AbortSignal) => Promise<Players>;
