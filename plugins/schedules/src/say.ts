/** Says something to everybody on a server, by the typed action `say` of its game. */
import { ActionResult, ActionView } from '@zlh/agent';
import type { Agents, AgentTarget } from '@zlh/agents';
import type { Database } from '@zlh/database';
import type { Instances } from '@zlh/instances';
import { Type } from 'typebox';

interface Use {
  readonly instances: Instances;
  readonly agents: Agents;
  readonly database: Database;
}

const Actions = Type.Object({ items: Type.Array(ActionView) });
const timeoutMs = 20_000;

/** Nothing happens where the game has no `say`. Throws a Problem when it could not be said. */
export async function sayTo(use: Use, instanceId: string, message: string): Promise<void> {
  const target = await use.instances.findAgentTarget(use.database.fork(), instanceId);
  if (target === null) return;
  const field = await fieldOfSay(use.agents, target);
  if (field === undefined) return;
  await use.agents.request(target, {
    method: 'POST',
    path: '/actions/say',
    body: { input: { [field]: message } },
    schema: ActionResult,
    timeoutMs,
  });
}

/** Whatever a game calls its first text: `message`. */
async function fieldOfSay(agents: Agents, target: AgentTarget): Promise<string | undefined> {
  const { items } = await agents.request(target, {
    method: 'GET',
    path: '/actions',
    schema: Actions,
  });
  const say = items.find(({ name }) => name === 'say');
  const fields = Object.entries(say?.input.properties ?? {});
  return fields.find(([, { type }]) => type === 'string')?.[0];
}
