/** The shape of every query protocol in this folder: ask a server who plays on it. */
import type { Players } from '@zlh/agent';

/**
 * Rejects when nothing of its protocol comes before the signal aborts. An answer of its protocol that does not hold what it
 * should is a server that plays: null.
 */
export type Query = (host: string, port: number, signal: AbortSignal) => Promise<Players | null>;
