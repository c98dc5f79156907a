/**
 * Instances: their routes, their operations, what their agents say of them, and the limits on having more.
 */
import { asClass, asFunction, asValue, definePlugin, monotonicClock } from '@zlh/kernel';
import { AccountHooks, Accounts, Audit, Grants, Permissions } from '@zlh/accounts';
import { AgentObservers, Agents } from '@zlh/agents';
import { ArtifactStore } from '@zlh/artifacts';
import { Database, Entities, Migrations } from '@zlh/database';
import { Audiences, Events } from '@zlh/events';
import { Routes } from '@zlh/http';
import { Metrics } from '@zlh/metrics';
import { OperationKinds, Operations } from '@zlh/operations';
import { PortalParts } from '@zlh/portal';
import { Type } from 'typebox';
import {
  Admission,
  Hooks,
  InstanceDirectory,
  InstanceKinds,
  Instances,
  Providers,
  SpecParts,
} from './index.ts';
import { actionRoutes } from './action-routes.ts';
import { AgentReconciler } from './agent-reconciler.ts';
import { agentMetricsRoutes } from './agent-metrics-routes.ts';
import { userLimits } from './admission.ts';
import { hostCapacity } from './capacity.ts';
import { capacityPermission, capacityRoutes } from './capacity-routes.ts';
import { grantRoutes, sharedEvent } from './grant-routes.ts';
import { consoleRoute } from './console.ts';
import { holdPermission, holdRoutes } from './hold-routes.ts';
import { instanceMetrics } from './instance-metrics.ts';
import { InstancesService } from './instances.ts';
import { agentObserver } from './observer.ts';
import { instanceKinds } from './operation-kinds.ts';
import { limitSettings } from './limits.ts';
import { ownershipHook } from './ownership.ts';
import { makePhases } from './phases.ts';
import { Directory } from './directory.ts';
import { instanceRoutes } from './routes.ts';
import { instanceEntities, instanceMigrations } from './schema.ts';
import { Workloads } from './workloads.ts';
import { portalParts } from './portal-parts.ts';

export default definePlugin({
  id: 'instances',
  config: Type.Object({
    provider: Type.String({
      default: 'local',
      description: 'Where new instances are made: the id of an enabled provider.',
    }),
    instancesPerUser: Type.Integer({
      default: 10,
      minimum: 0,
      description: 'Most instances a user may have; administrators have no limit.',
    }),
    memoryMiBPerUser: Type.Integer({
      default: 32_768,
      minimum: 0,
      description: "Most memory a user's instances may have together.",
    }),
    ...limitSettings,
  }),
  needs: {
    database: Database,
    events: Events,
    operations: Operations,
    agents: Agents,
    kinds: InstanceKinds,
    artifactStore: ArtifactStore,
    audit: Audit,
    grants: Grants,
    accounts: Accounts,
    admission: Admission,
    providers: Providers,
    hooks: Hooks,
    specParts: SpecParts,
  },
  services: {
    instances: asClass(InstancesService).singleton(),
    workloads: asClass(Workloads).singleton(),
    directory: asClass(Directory).singleton(),
    phases: asFunction(makePhases).singleton(),
    agentReconciler: asClass(AgentReconciler).singleton(),
    clock: asValue(monotonicClock),
  },
  provides: { instances: Instances, directory: InstanceDirectory },
  setup({ add, config }) {
    add(Entities, instanceEntities);
    add(Migrations, instanceMigrations);
    for (const routes of [instanceRoutes, actionRoutes, grantRoutes]) add(Routes, routes);
    for (const routes of [agentMetricsRoutes, capacityRoutes, holdRoutes]) add(Routes, routes);
    add(PortalParts, portalParts);
    add(Routes, (use) => [consoleRoute(use)]);
    add(Audiences, ({ grants, database }) => ({
      changedBy: sharedEvent,
      instancesOf: async (userId) => [...(await grants.of(database.fork(), userId)).keys()],
    }));
    add(AccountHooks, ownershipHook);
    for (const kind of instanceKinds) add(OperationKinds, kind);
    add(AgentObservers, agentObserver);
    add(Metrics, instanceMetrics);
    add(
      Admission,
      userLimits(() => config),
    );
    add(Admission, hostCapacity);
    add(Permissions, [
      {
        id: 'instances.read',
        description: 'See instances and their state',
        grantedTo: 'viewer',
      },
      { id: 'instances.write', description: 'Create, rebuild and delete instances' },
      {
        id: 'instances.control',
        description: 'Start, stop, restart and kill instances',
        grantedTo: 'operator',
      },
      {
        id: 'instances.console',
        description: 'Read the console and send commands',
        grantedTo: 'operator',
      },
      {
        id: 'instances.actions',
        description: 'Tell games something by typed actions: say, save, kick …',
        grantedTo: 'operator',
      },
      { id: 'instances.share', description: 'Share instances with other users' },
      {
        id: holdPermission,
        description: 'Suspend instances, and end their suspension',
        administrator: true,
      },
      {
        id: capacityPermission,
        description: 'See what the machines have left',
        administrator: true,
      },
    ]);
  },
  ready: ({ agentReconciler }) => agentReconciler.begin(),
  // Before any provider stops what it runs.
  drain: ({ agentReconciler }) => agentReconciler.end(),
});
