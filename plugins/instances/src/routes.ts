/** `/api/instances`: the routes. Each says who may call it and what it takes, and hands over to the service. */
import { AgentStatus, ConsoleCommandRequest } from '@zlh/agent';
import type { Agents } from '@zlh/agents';
import { defineRoute, page, pageQuery, type Route } from '@zlh/http';
import type { Contribution } from '@zlh/kernel';
import { OperationView } from '@zlh/operations';
import { Type } from 'typebox';
import { createRequestSchema } from './create-request.ts';
import { InstanceView, type InstanceKind, type InstanceRequest } from './index.ts';
import type { InstancesService } from './instances.ts';

interface Use {
  readonly instances: InstancesService;
  readonly agents: Agents;
  readonly kinds: readonly Contribution<InstanceKind>[];
}

const params = Type.Object({ id: Type.String({ format: 'uuid' }) });
const winning =
  'Accepted at any moment: a creation, start, restart or rebuild in its way ends with the code `operations.superseded`. A creation that was ended goes on when the instance is started.';
const accepted = { 202: Type.Object({ instance: InstanceView, operation: OperationView }) };

export function instanceRoutes(use: Use): readonly Route[] {
  return [
    defineRoute({
      method: 'POST',
      url: '/api/instances',
      summary: 'Create an instance and start it',
      access: { permission: 'instances.write' },
      idempotent: true,
      schema: {
        // Read when routes are mounted: every plugin has added its kinds by then.
        get body() {
          return createRequestSchema(use.kinds);
        },
        response: accepted,
      },
      handler: ({ body, identity }) => use.instances.create(body as InstanceRequest, identity),
    }),
    defineRoute({
      method: 'GET',
      url: '/api/instances',
      summary: 'List your instances, newest first; administrators see all',
      access: { permission: 'instances.read' },
      schema: {
        query: Type.Object(pageQuery, { additionalProperties: false }),
        response: { 200: page(InstanceView) },
      },
      handler: ({ query, identity }) => use.instances.list(query, identity),
    }),
    defineRoute({
      method: 'GET',
      url: '/api/instances/:id',
      summary: 'Look at one instance',
      access: { permission: 'instances.read' },
      schema: { params, response: { 200: InstanceView } },
      handler: ({ params: { id }, identity }) => use.instances.get(id, identity),
    }),
    defineRoute({
      method: 'DELETE',
      url: '/api/instances/:id',
      summary: 'Delete an instance and everything in it',
      description:
        'Accepted at any moment: operations in its way that can be cancelled end with the code `operations.superseded`, others are waited for.',
      access: { permission: 'instances.write' },
      schema: { params, response: accepted },
      handler: ({ params: { id }, identity }) => use.instances.act(id, 'delete', identity),
    }),
    ...(['start', 'stop', 'restart', 'rebuild', 'kill'] as const).map((action) =>
      defineRoute({
        method: 'POST',
        url: `/api/instances/:id/${action}`,
        summary: {
          start: 'Start the server and wait until it is ready',
          stop: 'Stop the server gracefully',
          restart: 'Stop the server gracefully and start it again',
          rebuild:
            'Install game and mods anew in its container, which is made again where it was lost, and start it',
          kill: 'End the server at once; what it had not saved is lost',
        }[action],
        ...(action === 'stop' || action === 'kill' ? { description: winning } : {}),
        access: {
          permission: action === 'rebuild' ? 'instances.write' : 'instances.control',
        },
        schema: { params, response: accepted },
        handler: ({ params: { id }, identity }) => use.instances.act(id, action, identity),
      }),
    ),
    defineRoute({
      method: 'GET',
      url: '/api/instances/:id/status',
      summary: 'Ask the agent how the instance is right now',
      access: { permission: 'instances.read' },
      schema: { params, response: { 200: AgentStatus } },
      handler: async ({ params: { id }, identity }) =>
        use.agents.status(await use.instances.agentTarget(id, identity, 'instances.read')),
    }),
    defineRoute({
      method: 'POST',
      url: '/api/instances/:id/console/commands',
      summary: 'Send one line to the console',
      description:
        'Answers 204 when the server has the line in its console. 503 `AGENT_INPUT_FULL`: it does not read, and the line is not sent. 503 `AGENT_INPUT_UNREAD`: it has not read it yet, and may still.',
      access: { permission: 'instances.console' },
      schema: { params, body: ConsoleCommandRequest, response: { 204: Type.Null() } },
      async handler({ params: { id }, body: { command }, identity }, reply) {
        const target = await use.instances.agentTarget(id, identity, 'instances.console');
        await use.agents.command(target, command);
        return reply.code(204).send();
      },
    }),
  ];
}
