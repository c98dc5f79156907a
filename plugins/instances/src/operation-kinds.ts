/** The operations of instances, as lists of phases, and what their end means for the instance. */
import { LockMode } from '@mikro-orm/postgresql';
import type { Agents } from '@zlh/agents';
import type { Audit, Grants } from '@zlh/accounts';
import type { Contribution } from '@zlh/kernel';
import type { EntityManager } from '@zlh/database';
import type { EndedOperation, OperationKind, Operations } from '@zlh/operations';
import { desiredNow } from './desired.ts';
import type { InstanceHooks } from './index.ts';
import type { InstancesService } from './instances.ts';
import type { makePhases } from './phases.ts';
import { Instance } from './schema.ts';

interface Use {
  readonly phases: ReturnType<typeof makePhases>;
  readonly instances: InstancesService;
  readonly operations: Operations;
  readonly agents: Agents;
  readonly audit: Audit;
  readonly grants: Grants;
  readonly hooks: readonly Contribution<InstanceHooks>[];
}
type Ended = EndedOperation<Record<string, never>>;
type Kind = OperationKind<Record<string, never>>;

export const instanceKinds: readonly ((use: Use) => Kind)[] = [
  (use) => ({
    kind: 'instances.create',
    ownerOnly: true, // cancelling it deletes the instance
    cancellable: true,
    retriable: true,
    phases: [
      use.phases.artifacts,
      use.phases.container,
      use.phases.agent,
      use.phases.install,
      use.phases.act('start'),
    ],
    ended: (em, operation) => created(use, em, operation),
  }),
  (use) => ({
    kind: 'instances.start',
    cancellable: true,
    phases: [use.phases.agent, use.phases.act('start')],
    ended: (em, operation) => settle(use, em, operation, 'running'),
  }),
  (use) => ({
    kind: 'instances.stop',
    phases: [use.phases.agent, use.phases.act('stop')],
    ended: (em, operation) => settle(use, em, operation, 'stopped'),
  }),
  (use) => ({
    kind: 'instances.restart',
    cancellable: true,
    phases: [use.phases.agent, use.phases.act('restart')],
    ended: (em, operation) => settle(use, em, operation, 'running'),
  }),
  (use) => ({
    kind: 'instances.rebuild',
    ownerOnly: true, // it writes over files
    cancellable: true,
    retriable: true,
    phases: [use.phases.agent, use.phases.install, use.phases.act('restart')],
    ended: (em, operation) => settle(use, em, operation, 'running'),
  }),
  ({ phases }) => ({ kind: 'instances.kill', exclusive: false, phases: [phases.act('kill')] }),
  (use) => ({
    kind: 'instances.delete',
    ownerOnly: true,
    retriable: true,
    phases: [use.phases.stopForGood, use.phases.remove],
    ended: (em, operation) => deleted(use, em, operation),
  }),
];

async function created(use: Use, em: EntityManager, operation: Ended): Promise<void> {
  if (operation.state === 'cancelled') return forget(use, em, operation);
  const instance = await locked(em, operation);
  if (instance === null) return; // removed meanwhile
  if (operation.state === 'succeeded') {
    Object.assign(instance, { desired: 'running', wanted: true });
    await em.flush();
    for (const { value } of use.hooks) await value.created?.(em, instance.id);
  } else if (instance.observed === 'provisioning' || instance.observed === 'installing') {
    instance.observed = 'error';
    instance.since = new Date();
  }
  instance.desired = desiredNow(instance, null);
  await em.flush();
  await use.instances.changed(em, instance);
}

/** Reports are waited for, and wait. */
function locked(em: EntityManager, { instanceId: id }: Ended) {
  return em.findOne(Instance, { id: id! }, { lockMode: LockMode.PESSIMISTIC_WRITE });
}

/** What was asked for and did not come about is no longer wanted, unless the agent says what is. */
async function settle(
  use: Use,
  em: EntityManager,
  operation: Ended,
  asked: 'running' | 'stopped',
): Promise<void> {
  const instance = await locked(em, operation);
  if (instance === null) return; // removed meanwhile
  // The agent did it, and its report of that may still be on its way.
  if (operation.state === 'succeeded') instance.wanted = asked === 'running';
  else instance.desired = asked === 'running' ? 'stopped' : 'running';
  instance.desired = desiredNow(instance, null);
  await em.flush();
  await use.instances.changed(em, instance);
}

async function deleted(use: Use, em: EntityManager, operation: Ended): Promise<void> {
  if (operation.state === 'succeeded') return forget(use, em, operation);
  const instance = await em.findOne(Instance, { id: operation.instanceId! });
  if (instance !== null) await use.instances.changed(em, instance);
}

/** Nothing of the instance stays but the audit trail and the operation that removed it. */
async function forget(
  use: Use,
  em: EntityManager,
  { id, instanceId, state }: Ended,
): Promise<void> {
  const instance = await em.findOne(Instance, { id: instanceId! });
  if (instance === null) return; // removed meanwhile
  for (const { value } of use.hooks) await value.deleted?.(em, instance.id);
  await use.agents.dismiss(em, instance.id);
  await use.grants.forget(em, instance.id);
  await use.operations.forget(em, instance.id, id);
  await use.audit.record(em, {
    action: 'instances.deleted',
    actor: 'platform',
    userId: instance.ownerId,
    instanceId: instance.id,
    data: {
      name: instance.name,
      because: state === 'cancelled' ? 'its creation was cancelled' : 'it was deleted',
    },
  });
  await use.instances.changed(em, { ...instance, desired: 'deleted', ready: false });
  await em.nativeDelete(Instance, { id: instance.id });
}
