/**
 * The agent's last word on an operation. It is asked for when the work is over and kept in the journal. The
 * end of the operation takes it, unless a report has come since.
 */
import type { Agents } from '@zlh/agents';
import { Problem } from '@zlh/http';
import type { EndedOperation, PhaseContext } from '@zlh/operations';
import type { LastWord, Seen } from './desired.ts';
import type { InstanceRecord } from './schema.ts';
import { seenIn } from './seen.ts';

/** As the journal holds it. */
interface Kept {
  readonly reports: number;
  readonly seen: Omit<Seen, 'since'> & { readonly since: string };
}

/** `load` is called before the agent is asked: a report that is counted later is newer. */
export async function keepLastWord(
  agents: Agents,
  context: PhaseContext<unknown>,
  load: () => Promise<InstanceRecord>,
): Promise<void> {
  if (context.signal.aborted) return;
  const { id, placement, reports } = await load();
  if (placement === null || placement === undefined) return;
  try {
    const status = await agents.status({ instanceId: id, url: placement.agentUrl }, context.signal);
    await context.keep({ lastWord: { reports, seen: seenIn(status) } });
  } catch (error) {
    if (context.signal.aborted) return;
    if (!(error instanceof Problem)) throw error;
    // It is away: its reports tell when it is back.
    await context.keep({ lastWord: null });
  }
}

export function wordOf({
  journal,
}: Pick<EndedOperation<unknown>, 'journal'>): LastWord | undefined {
  const kept = journal['lastWord'] as Kept | null | undefined;
  if (kept === null || kept === undefined) return undefined;
  return { reports: kept.reports, seen: { ...kept.seen, since: new Date(kept.seen.since) } };
}
