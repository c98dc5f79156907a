/** The edge: players reach every server by its host name at one port. */
import { asClass, definePlugin, StartLines } from '@zlh/kernel';
import { Metrics } from '@zlh/metrics';
import { RouteConsumers, Routing } from '@zlh/routing';
import { Edge } from './edge.ts';
import { Listening } from './listening.ts';
import { settings } from './settings.ts';

export default definePlugin({
  id: 'edge',
  config: settings,
  needs: { routing: Routing },
  services: {
    edge: asClass(Edge).singleton(),
    listening: asClass(Listening).singleton(),
  },
  setup({ add }) {
    add(Metrics, ({ edge }) => ({
      name: 'zlh_edge_connections',
      help: 'Connections of players that this edge holds.',
      type: 'gauge',
      collect: () => [{ value: edge.connections }],
    }));
    add(RouteConsumers, ({ edge }) => ({
      id: 'edge',
      port: () => edge.port,
      revision: () => edge.revision,
      connections: () => edge.connections,
    }));
    add(
      StartLines,
      ({ listening }) =>
        () =>
          listening.startLine(),
    );
  },
  ready: ({ listening }) => listening.begin(),
  stop: ({ listening }) => listening.end(),
});
