/**
 * The figures of agents for Prometheus, through the platform: agents listen where no scraper reaches them, and their
 * tokens are nobody else's. One answer tells which there are, in the form of Prometheus's HTTP service discovery.
 */
import type { Agents } from '@zlh/agents';
import type { Database } from '@zlh/database';
import { defineRoute, Problem, problems, type Route } from '@zlh/http';
import { Type } from 'typebox';
import type { InstancesService } from './instances.ts';

interface Use {
  readonly agents: Agents;
  readonly database: Database;
  readonly instances: InstancesService;
}

const permission = 'metrics.read';
/** An honest agent's are about 3 KiB; this one may be its customer's. */
const mostBytes = 262_144;
const withinMs = 10_000;

const Targets = Type.Array(
  Type.Object({
    targets: Type.Array(Type.String({ description: 'Host and port of this platform.' })),
    labels: Type.Record(Type.String(), Type.String()),
  }),
);

export function agentMetricsRoutes(use: Use): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      url: '/metrics/targets',
      summary: 'Whose figures there are, for the HTTP service discovery of Prometheus',
      access: { permission },
      schema: { response: { 200: Targets } },
      async handler({ host }) {
        const rows = await use.database
          .fork()
          .execute<{ id: string; hostname: string; game: string }[]>(
            'select id, hostname, game from instances_instance where placement is not null order by id',
          );
        return rows.map(({ id, hostname, game }) => ({
          // Whoever asks reaches the platform by this name.
          targets: [host],
          labels: {
            __metrics_path__: `/metrics/instances/${id}`,
            instance: hostname,
            instance_id: id,
            game,
          },
        }));
      },
    }),
    defineRoute({
      method: 'GET',
      url: '/metrics/instances/:id',
      summary: 'The figures of one agent and its game, in the text format of Prometheus',
      access: { permission },
      schema: { params: Type.Object({ id: Type.String({ format: 'uuid' }) }) },
      async handler({ params }, reply) {
        const target = await use.instances.findAgentTarget(use.database.fork(), params.id);
        if (target === null) throw problems.notFound('instance');
        const { body } = await use.agents.stream(target, {
          method: 'GET',
          path: '/metrics',
          signal: AbortSignal.timeout(withinMs),
        });
        return reply.type('text/plain; version=0.0.4; charset=utf-8').send(await textOf(body));
      },
    }),
  ];
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > mostBytes)
      throw new Problem(502, 'agents.faulty', 'The agent of this instance sends too many figures.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
