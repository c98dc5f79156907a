/** The agent's own routes; each says what it takes and hands over to the service that does it. */
import type { FastifyInstance } from 'fastify';
import { Type, type Static, type TSchema } from 'typebox';
import {
  ConfigRequest,
  ConsoleCommandRequest,
  LifecycleRequest,
  PlatformRequest,
  ShutdownRequest,
  type HealthReply,
  type OperationReply,
  type ReadyReply,
} from '../contract/messages.ts';
import type { Bounds } from '../bounds.ts';
import type { ConsoleKind } from '../contract/console.ts';
import type { AgentStatus } from '../contract/status.ts';
import { typeLine } from '../ground.ts';
import type { Consent } from '../install/consent.ts';
import { checkConsole } from '../install/check-console.ts';
import { checkSpec } from '../install/check-spec.ts';
import type { SpecStore } from '../install/spec-store.ts';
import type { Operations } from '../operations/operations.ts';
import { agentVersion, type StatusBoard } from '../status/status-board.ts';
import type { PlatformAddress } from '../platform/platform-address.ts';
import type { Places } from '../supervisor/launch-plan.ts';
import type { ProbeRegistry } from '../supervisor/readiness.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import { addHistory, type HistoryServices } from './history-routes.ts';
import { addMetrics, type MetricServices } from './metrics-route.ts';
import { refusals } from './problem.ts';

export interface RouteServices extends HistoryServices, MetricServices {
  readonly board: StatusBoard;
  readonly consent: Consent;
  readonly operations: Operations;
  readonly supervisor: Supervisor;
  readonly specs: SpecStore;
  readonly bounds: Bounds;
  readonly probes: ProbeRegistry;
  readonly consoles: ReadonlyMap<string, ConsoleKind>;
  readonly places: Places;
  readonly address: PlatformAddress;
  /** Ends the agent after the answer is out. */
  readonly shutdown: (stopServer: boolean) => void;
}

const MAX_SPEC = 8 * 2 ** 20;
const OperationParams = Type.Object({ id: Type.String({ format: 'uuid' }) });

export function addRoutes(app: FastifyInstance, services: RouteServices): void {
  addState(app, services);
  addConfig(app, services);
  addActions(app, services);
  addOperations(app, services);
  addConsole(app, services);
  addHistory(app, services);
  addMetrics(app, services);
}

function addState(app: FastifyInstance, { board, consent }: RouteServices): void {
  app.get('/health', (): HealthReply => ({ status: 'ok', agentVersion }));
  app.get('/status', async () => {
    await consent.refresh();
    return board.status;
  });
  app.get('/ready', (_request, reply): ReadyReply => {
    const { status } = board;
    if (!status.ready) reply.code(503).header('retry-after', '2');
    return { ready: status.ready, reason: status.ready ? null : whyNotReady(status) };
  });
}

function whyNotReady({ state, crash, consent }: AgentStatus): string {
  if (state === 'stopped' && consent) return consent.detail;
  if (state === 'running') return 'The server runs but does not answer its probe.';
  return state === 'crashed' && crash !== null ? crash.detail : `The server is ${state}.`;
}

function addConfig(app: FastifyInstance, services: RouteServices): void {
  const { operations, specs, bounds, probes, consoles, places, address } = services;
  const options = { bodyLimit: MAX_SPEC, ...takes(ConfigRequest) };
  app.post<Body<typeof ConfigRequest>>('/config', options, (request, reply): OperationReply => {
    const { operationId, spec, supersedes } = request.body;
    const known = operations.get(operationId) !== undefined;
    if (!known) {
      bounds.refresh();
      bounds.hold(spec);
      const installed = specs.spec;
      const isOlder = installed !== undefined && installed.revision > spec.revision;
      if (isOlder && installed.revision !== supersedes)
        throw refusals.revisionOld(spec.revision, installed.revision);
      const faults = [...checkSpec(spec, probes, places), ...checkConsole(spec, consoles, places)];
      if (faults.length > 0) {
        throw refusals.invalid(
          faults.map(({ path, message }) => ({ path: `/spec${path}`, message })),
        );
      }
    }
    const operation = operations.submit(operationId, 'install', spec);
    if (!known) address.announce(spec.platformUrl);
    reply.code(202);
    return { operation };
  });
  app.post<Body<typeof PlatformRequest>>('/platform', takes(PlatformRequest), (request, reply) => {
    address.announce(request.body.platformUrl);
    return reply.code(204).send();
  });
}

function addActions(app: FastifyInstance, { operations, specs, consent }: RouteServices): void {
  for (const kind of ['start', 'stop', 'restart', 'kill'] as const) {
    app.post<Body<typeof LifecycleRequest>>(
      `/${kind}`,
      takes(LifecycleRequest),
      async (request, reply): Promise<OperationReply> => {
        const { operationId } = request.body;
        if (specs.spec === undefined && kind !== 'kill') throw refusals.notInstalled();
        const starts = kind === 'start' || kind === 'restart';
        if (starts && operations.get(operationId) === undefined) await consent.require();
        reply.code(202);
        return { operation: operations.submit(operationId, kind, null) };
      },
    );
  }
}

function addOperations(app: FastifyInstance, { operations }: RouteServices): void {
  const options = { schema: { params: OperationParams } };
  app.get<{ Params: Static<typeof OperationParams> }>(
    '/operations/:id',
    options,
    (request): OperationReply => {
      const operation = operations.get(request.params.id);
      if (operation === undefined) throw refusals.notFound();
      return { operation };
    },
  );
  app.post<{ Params: Static<typeof OperationParams> }>(
    '/operations/:id/cancel',
    options,
    (request, reply): OperationReply => {
      const operation = operations.cancel(request.params.id);
      if (operation === undefined) throw refusals.notFound();
      reply.code(202);
      return { operation };
    },
  );
}

function addConsole(app: FastifyInstance, { supervisor, shutdown }: RouteServices): void {
  const command = takes(ConsoleCommandRequest);
  app.post<Body<typeof ConsoleCommandRequest>>(
    '/console/command',
    command,
    async (request, reply) => {
      await typeLine(supervisor, request.body.command);
      return reply.code(204).send();
    },
  );
  app.post<Body<typeof ShutdownRequest>>('/shutdown', takes(ShutdownRequest), (request, reply) => {
    reply.raw.once('close', () => shutdown(request.body.stopServer));
    return reply.code(202).send({ stopServer: request.body.stopServer });
  });
}

function takes<S extends TSchema>(body: S): { schema: { body: S } } {
  return { schema: { body } };
}

interface Body<S extends TSchema> {
  Body: Static<S>;
}
