/** Makes the Fastify instance: its limits, its plugins, every route, and an answer for what is no route. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { announcesBody, defaultMaxBodyBytes, jsonBodies } from './body.ts';
import { documentOptions } from './document.ts';
import { pageHeaders } from './headers.ts';
import { handOver } from './host-routes.ts';
import { createHostCheck } from './hosts.ts';
import { createLost } from './lost.ts';
import { isApi, mount, validatorCompiler, type MountContext, type PlacedRoute } from './mount.ts';
import { createRefuser } from './refusals.ts';
import type { Settings } from './settings.ts';
import { Problem } from './problem.ts';
import { refuseUnreadable } from './unreadable.ts';
import { shouldUpgradeCallback, upgrades } from './sockets.ts';
import { createTrust } from './trust.ts';

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string };

/** Of every server that answers for the app. */
export const serverOptions = {
  shouldUpgradeCallback,
  headersTimeout: 10_000,
  // Bodies have deadlines of their own: an upload takes as long as it takes.
  requestTimeout: 0,
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
  const lost = createLost(placed, refuse);
  app.setNotFoundHandler(lost);
  app.addHook('onRequest', beforeAll(config, context, lost));
  app.decorateRequest('permit', null);
  app.decorate('publicUrl', config.publicUrl);
  app.setErrorHandler((error: FastifyError, request, reply) => refuse(error, request, reply));
  app.setValidatorCompiler(validatorCompiler as never);
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));

  await app.register(jsonBodies);
  await app.register(upgrades);
  await app.register(swagger, documentOptions(version, config.publicUrl));
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

/** Of every request, known or not. What no route takes is answered before its body is read. */
function beforeAll(
  config: Settings,
  { hostNames, hostRoutes, bodyDeadlines, log }: MountContext,
  lost: (request: FastifyRequest, reply: FastifyReply) => void,
) {
  const checkHost = createHostCheck(config, hostNames, hostRoutes);
  return (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void => {
    const { raw } = request;
    const host = checkHost(request);
    if (host !== undefined && !(host instanceof Problem))
      return handOver(host, request, reply, log);
    if (announcesBody(raw.headers)) bodyDeadlines.watch(raw, reply.raw);
    if (host !== undefined) return done(host);
    return request.is404 ? lost(request, reply) : done();
  };
}

function bare(config: Settings, refuse: ReturnType<typeof createRefuser>): FastifyInstance {
  const prefix = randomBytes(6).toString('base64url');
  let count = 0;
  return Fastify({
    // Its logger costs a child and two listeners a request; what matters is logged by us.
    logger: false,
    trustProxy: createTrust(config.trustedProxies, config.proxySocket),
    genReqId: () => `${prefix}-${++count}`,
    bodyLimit: defaultMaxBodyBytes,
    routerOptions: { maxParamLength: 500 },
    return503OnClosing: false,
    clientErrorHandler: refuseUnreadable,
    frameworkErrors: (error, request, reply) => refuse(error, request as never, reply as never),
    http: serverOptions,
  });
}
