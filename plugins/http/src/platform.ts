/** `http` in the platform: everybody's routes behind one gate, and the document that describes them. */
import { asClass, asFunction, Checks, Commands, definePlugin, optional } from '@zlh/kernel';
import { Metrics } from '@zlh/metrics';
import { BodyDeadlines } from './body-deadlines.ts';
import { documentCommand } from './document-command.ts';
import { documentRoutes } from './document-routes.ts';
import { exposureChecks, warnOfLoopbackProxies } from './exposure.ts';
import { createGate } from './gate.ts';
import { healthRoutes } from './health.ts';
import {
  Authenticators,
  HostNames,
  HostRoutes,
  Http,
  Idempotency,
  ListeningHooks,
  ReadinessChecks,
  Revocations,
  Routes,
  TenantAddresses,
} from './index.ts';
import { LongLived } from './long-lived.ts';
import { Permits } from './permits.ts';
import { RequestMeter, requestMetrics } from './request-meter.ts';
import { Server } from './server.ts';
import { settings, type Settings } from './settings.ts';

export default definePlugin({
  id: 'http',
  config: settings,
  needs: {
    routes: Routes,
    authenticators: Authenticators,
    readiness: ReadinessChecks,
    listening: ListeningHooks,
    hostNames: HostNames,
    hostRoutes: HostRoutes,
    tenants: TenantAddresses,
    idempotency: optional(Idempotency),
    revocations: optional(Revocations),
  },
  services: {
    gate: asFunction(createGate)
      .singleton()
      .disposer((gate) => gate.close()),
    permits: asClass(Permits)
      .singleton()
      .disposer((permits) => permits.close()),
    longLived: asClass(LongLived).singleton(),
    bodyDeadlines: asFunction(({ config }: { config: Settings }) => new BodyDeadlines({ config }))
      .singleton()
      .disposer((deadlines) => deadlines.close()),
    meter: asClass(RequestMeter).singleton(),
    server: asClass(Server).singleton(),
  },
  provides: { server: Http },
  setup({ add, config, log }) {
    add(Routes, healthRoutes);
    add(Routes, documentRoutes);
    for (const metric of requestMetrics) add(Metrics, metric);
    add(Commands, documentCommand(config, log));
    for (const check of exposureChecks(config)) add(Checks, check);
  },
  async ready({ server, config, log, tenants }) {
    warnOfLoopbackProxies(
      config,
      tenants.map(({ value }) => value),
      log,
    );
    await server.build();
    await server.listen();
  },
  drain: ({ server }) => server.drain(),
  stop: ({ server }) => server.close(),
});
