/** Refuses a start at once where the agent says that the game's terms are not accepted. */
import type { Agents } from '@zlh/agents';
import { problems } from '@zlh/http';
import type { InstanceRecord } from './schema.ts';

const withinMs = 2_000;

/** An agent that is away refuses nothing here: the operation brings it up, and fails with the same words. */
export async function requireConsent(
  agents: Agents,
  { id, placement, provisioned }: InstanceRecord,
): Promise<void> {
  if (!placement || !provisioned) return;
  const target = { instanceId: id, url: placement.agentUrl };
  const status = await agents.status(target, AbortSignal.timeout(withinMs)).catch(() => undefined);
  if (!status?.consent) return;
  const { code, detail, hint } = status.consent;
  throw problems.conflict(code, `${detail} ${hint}`);
}
