/**
 * What a game can be told without knowing its console: the typed actions its template declares. The agent knows them,
 * checks their input and waits for the game's own confirmation; here is who may ask.
 */
import { ActionName, ActionRequest, ActionResult, ActionView, longestActionMs } from '@zlh/agent';
import type { Agents } from '@zlh/agents';
import { defineRoute, type Route } from '@zlh/http';
import { Type } from 'typebox';
import type { InstancesService } from './instances.ts';

interface Use {
  readonly instances: InstancesService;
  readonly agents: Agents;
}

const permission = 'instances.actions';
const id = Type.String({ format: 'uuid' });
/** A large world is not saved in an instant. The agent ends the wait before we do: only it can say that nothing was confirmed. */
const timeoutMs = longestActionMs + 15_000;
const Actions = Type.Object({ items: Type.Array(ActionView) });

export function actionRoutes(use: Use): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      url: '/api/instances/:id/actions',
      summary: 'What this game can be told, with the schema of each input',
      access: { permission },
      schema: { params: Type.Object({ id }), response: { 200: Actions } },
      async handler({ params, identity }) {
        const target = await use.instances.agentTarget(params.id, identity, permission);
        return use.agents.request(target, { method: 'GET', path: '/actions', schema: Actions });
      },
    }),
    defineRoute({
      method: 'POST',
      url: '/api/instances/:id/actions/:action',
      summary: 'Tell the game something, and wait until it has confirmed it',
      description:
        'Answers what the game said, as the action declares it: the names of players, for one.',
      access: { permission },
      schema: {
        params: Type.Object({ id, action: ActionName }),
        body: ActionRequest,
        response: { 200: ActionResult },
      },
      async handler({ params, body, identity }) {
        const target = await use.instances.agentTarget(params.id, identity, permission);
        const path = `/actions/${params.action}`;
        return use.agents.request(target, {
          method: 'POST',
          path,
          body,
          schema: ActionResult,
          timeoutMs,
        });
      },
    }),
  ];
}
