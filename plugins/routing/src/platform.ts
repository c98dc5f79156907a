/** Which host names lead to which instance, kept in step with the instances for edges and proxies. */
import { Permissions } from '@zlh/accounts';
import { Events } from '@zlh/events';
import { Routes } from '@zlh/http';
import { InstanceDirectory, Instances } from '@zlh/instances';
import { asClass, definePlugin } from '@zlh/kernel';
import { Metrics } from '@zlh/metrics';
import { PortalParts } from '@zlh/portal';
import { RouteConsumers, Routing, Wakers } from './index.ts';
import { LiveRoutes } from './live-routes.ts';
import { portalParts } from './portal-parts.ts';
import { routingRoutes } from './routes.ts';
import { settings } from './settings.ts';

export default definePlugin({
  id: 'routing',
  config: settings,
  needs: {
    events: Events,
    instances: Instances,
    directory: InstanceDirectory,
    consumers: RouteConsumers,
    wakers: Wakers,
  },
  services: { routing: asClass(LiveRoutes).singleton() },
  provides: { routing: Routing },
  setup({ add }) {
    add(Routes, routingRoutes);
    add(PortalParts, portalParts);
    add(Metrics, ({ routing }) => ({
      name: 'zlh_routing_routes',
      help: 'Servers that players are led to by name now.',
      type: 'gauge',
      collect: () => [
        { value: routing.current.routes.filter(({ target }) => target !== null).length },
      ],
    }));
    add(Permissions, [
      {
        id: 'routing.read',
        description: 'See every route, and the edges that lead by it',
        administrator: true,
      },
    ]);
  },
  ready: ({ routing }) => routing.begin(),
  stop: ({ routing }) => routing.end(),
});
