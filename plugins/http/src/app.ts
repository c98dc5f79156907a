/** Makes the Fastify instance: its limits, its plugins, every route, and an answer for what is no route. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import Fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import { jsonBodies } from './body.ts';
import { documentOptions } from './document.ts';
import { pageHeaders } from './headers.ts';
import { createHostCheck } from './hosts.ts';
import { createLost } from './lost.ts';
import { isApi, mount, validatorCompiler, type MountContext, type PlacedRoute } from './mount.ts';
import { createRefuser } from './refusals.ts';
import type { Settings } from './settings.ts';
import { refuseUnreadable } from './unreadable.ts';
import { shouldUpgradeCallback, upgrades } from './sockets.ts';
import { createTrust } from './trust.ts';

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string };

/** Of every server that answers for the app. */
export const serverOptions = {
  shouldUpgradeCallback,
  headersTimeout: 20_000,
  requestTimeout: 300_000,
  connectionsCheckingInterval: 5000,
};

export async function createApp(
  config: Settings,
  placed: readonly PlacedRoute[],
  context: MountContext,
): Promise<FastifyInstance> {
  const { log } = context;
  const refuse = createRefuser(log);
  const app = bare(config, refuse);
  app.decorateRequest('identity', null);
  const checkHost = createHostCheck(config, context.hostNames);
  app.addHook('onRequest', (request, _reply, done) => done(checkHost(request)));
  app.decorate('publicUrl', config.publicUrl);
  app.setErrorHandler((error: FastifyError, request, reply) => refuse(error, request, reply));
  app.setValidatorCompiler(validatorCompiler as never);
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));

  await app.register(jsonBodies);
  await app.register(upgrades);
  await app.register(swagger, documentOptions(version, config.publicUrl));
  const lost = createLost(placed, refuse);
  app.setNotFoundHandler(lost);
  // A page that answers every address must not answer for the API as well.
  const onRequest = context.meter.time('any', 'none', lost);
  app.all('/api/*', { schema: { hide: true }, onRequest }, lost);
  await app.register(async (api) =>
    mount(
      api,
      placed.filter(({ route }) => isApi(route.url)),
      context,
    ),
  );
  await app.register(async (pages) => {
    await pages.register(helmet, pageHeaders(config.publicUrl));
    await pages.register(swaggerUi, {
      routePrefix: '/api/docs',
      logLevel: 'silent',
      uiConfig: { url: '/api/openapi.json' },
    });
    mount(
      pages,
      placed.filter(({ route }) => !isApi(route.url)),
      context,
    );
  });
  await app.ready();
  return app;
}

function bare(config: Settings, refuse: ReturnType<typeof createRefuser>): FastifyInstance {
  const prefix = randomBytes(6).toString('base64url');
  let count = 0;
  return Fastify({
    // Its logger costs a child and two listeners a request; what matters is logged by us.
    logger: false,
    trustProxy: createTrust(config.trustedProxies, config.proxySocket),
    genReqId: () => `${prefix}-${++count}`,
    bodyLimit: 1024 * 1024,
    routerOptions: { maxParamLength: 500 },
    return503OnClosing: false,
    clientErrorHandler: refuseUnreadable,
    frameworkErrors: (error, request, reply) => refuse(error, request as never, reply as never),
    http: serverOptions,
  });
}
