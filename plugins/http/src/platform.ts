/** `http` in the platform: everybody's routes behind one gate, and the document that describes them. */
import { asClass, asFunction, definePlugin, optional } from '@zlh/kernel';
import { documentRoutes } from './document-routes.ts';
import { createGate } from './gate.ts';
import { healthRoutes } from './health.ts';
import {
  Authenticators,
  Http,
  Idempotency,
  ListeningHooks,
  ReadinessChecks,
  Routes,
} from './index.ts';
import { LongLived } from './long-lived.ts';
import { Server } from './server.ts';
import { settings } from './settings.ts';

export default definePlugin({
  id: 'http',
  config: settings,
  needs: {
    routes: Routes,
    authenticators: Authenticators,
    readiness: ReadinessChecks,
    listening: ListeningHooks,
    idempotency: optional(Idempotency),
  },
  services: {
    gate: asFunction(createGate)
      .singleton()
      .disposer((gate) => gate.close()),
    longLived: asClass(LongLived).singleton(),
    server: asClass(Server).singleton(),
  },
  provides: { server: Http },
  setup({ add, use }) {
    add(Routes, healthRoutes(use));
    add(Routes, documentRoutes(use));
  },
  start: ({ server }) => server.build(),
  ready: ({ server }) => server.listen(),
  drain: ({ server }) => server.drain(),
  stop: ({ server }) => server.close(),
});
