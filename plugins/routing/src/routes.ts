/** The API of routing: how players join one instance, and for administrators every route and every edge. */
import { defineRoute, type Route as HttpRoute } from '@zlh/http';
import type { Instances } from '@zlh/instances';
import type { Contribution } from '@zlh/kernel';
import { Type } from 'typebox';
import type { RouteConsumer, Routing } from './index.ts';

interface Deps {
  readonly instances: Instances;
  readonly routing: Routing;
  readonly consumers: readonly Contribution<RouteConsumer>[];
}

const orNull = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Target = orNull(Type.Object({ host: Type.String(), port: Type.Integer() }));
const javaPort = 25_565;

export const JoinView = Type.Object(
  {
    hosts: Type.Array(Type.String(), { description: 'Names that lead to this server.' }),
    address: orNull(
      Type.String({
        description:
          'What players type to join by name: `mc-paper-5001.play.example.org`, with a port unless it is 25565. Null while no edge listens, or when the game does not speak TCP.',
      }),
    ),
    direct: Target,
    routed: Type.Boolean({ description: 'Players who join by name are sent to the server now.' }),
    state: Type.String(),
  },
  { title: 'HowToJoin' },
);

const RouteView = Type.Object({
  instanceId: Type.String({ format: 'uuid' }),
  name: Type.String(),
  hosts: Type.Array(Type.String()),
  state: Type.String(),
  speaksTcp: Type.Boolean(),
  target: Target,
});

const ConsumerView = Type.Object({
  id: Type.String(),
  port: orNull(Type.Integer()),
  revision: Type.Integer({ description: 'Of the routes in force there.' }),
  connections: Type.Integer(),
});

export function routingRoutes(deps: Deps): readonly HttpRoute[] {
  return [
    defineRoute({
      method: 'GET',
      url: '/api/instances/:id/join',
      summary: 'Get how players join an instance',
      access: { permission: 'instances.read' },
      schema: {
        params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
        response: { 200: JoinView },
      },
      async handler({ params: { id }, identity }) {
        const { instances, routing, consumers } = deps;
        const instance = await instances.get(id, identity);
        const route = routing.current.routes.find(({ instanceId }) => instanceId === id);
        const hosts = routing.hostsOf(instance);
        const port =
          consumers.map(({ value }) => value.port()).find((each) => each !== null) ?? null;
        return {
          hosts,
          address: port === null || route?.speaksTcp === false ? null : withPort(hosts[0]!, port),
          direct: instance.address,
          routed: instance.ready && Boolean(route?.target),
          state: route?.state ?? instance.observed,
        };
      },
    }),
    defineRoute({
      method: 'GET',
      url: '/api/routing/routes',
      summary: 'List the routes by which players are led',
      access: { permission: 'routing.read' },
      schema: {
        response: {
          200: Type.Object({
            revision: Type.Integer(),
            routes: Type.Array(RouteView),
            consumers: Type.Array(ConsumerView),
          }),
        },
      },
      handler: () => ({
        ...deps.routing.current,
        consumers: deps.consumers.map(({ value }) => ({
          id: value.id,
          port: value.port(),
          revision: value.revision(),
          connections: value.connections(),
        })),
      }),
    }),
  ];
}

function withPort(host: string, port: number): string {
  return port === javaPort ? host : `${host}:${port}`;
}
