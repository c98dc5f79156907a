/** Reads the state of an instance from its agent's status, as far as it can be believed. */
import type { AgentStatus } from '@zlh/agent';
import type { Seen } from './desired.ts';

export function seenIn({ state, ready, since, wanted }: AgentStatus): Seen {
  return {
    observed: state,
    ready: ready && state === 'running',
    since: plausible(since),
    ...(wanted === undefined ? {} : { wanted }),
  };
}

/** An agent may say any time, also one that no clock of ours shows or no column holds. */
function plausible(since: string): Date {
  const at = Date.parse(since);
  return at > Date.UTC(2000) && at <= Date.now() ? new Date(at) : new Date();
}
