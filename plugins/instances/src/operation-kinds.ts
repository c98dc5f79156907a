/** The operations of instances, as lists of phases, and what their end means for the instance. */
import { LockMode } from '@mikro-orm/postgresql';
import type { Agents } from '@zlh/agents';
import type { Audit, Grants } from '@zlh/accounts';
import type { Contribution } from '@zlh/kernel';
import type { EntityManager } from '@zlh/database';
import type { EndedOperation, OperationKind, Operations } from '@zlh/operations';
import { ended } from './desired.ts';
import type { InstanceHooks } from './index.ts';
import type { InstancesService } from './instances.ts';
import type { makePhases } from './phases.ts';
import { Hold, Instance, Workload } from './schema.ts';
import { wordOf } from './last-word.ts';

interface Use {
  readonly phases: ReturnType<typeof makePhases>;
  readonly instances: InstancesService;
  readonly operations: Operations;
  readonly agents: Agents;
  readonly audit: Audit;
  readonly grants: Grants;
  readonly hooks: readonly Contribution<InstanceHooks>[];
}
/** `again`: its creation was ended before, and goes on. */
interface Input {
  readonly again?: true;
}
type Ended = EndedOperation<Input>;
type Kind = OperationKind<Input>;

/** Whatever is to bring a server up gives way to these; a deletion ends everything else, too. */
const precedence = {
  stop: { rank: 1, ends: 'opposable' },
  kill: { rank: 2, ends: 'opposable', beside: true },
  delete: { rank: 3, ends: 'cancellable' },
} as const;

export const instanceKinds: readonly ((use: Use) => Kind)[] = [
  (use) => ({
    kind: 'instances.create',
    label: { doing: 'Creating', done: 'Created', failed: 'Creating failed' },
    ownerOnly: true, // cancelling it deletes the instance
    cancellable: true,
    opposable: true,
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
    label: { doing: 'Starting', done: 'Started', failed: 'Starting failed' },
    cancellable: true,
    opposable: true,
    phases: [use.phases.agent, use.phases.act('start')],
    ended: (em, operation) => settle(use, em, operation, 'running'),
  }),
  (use) => ({
    kind: 'instances.stop',
    label: { doing: 'Stopping', done: 'Stopped', failed: 'Stopping failed' },
    precedence: precedence.stop,
    opposable: true,
    phases: [use.phases.agentWherePlaced, use.phases.act('stop')],
    ended: (em, operation) => settle(use, em, operation, 'stopped'),
  }),
  (use) => ({
    kind: 'instances.restart',
    label: { doing: 'Restarting', done: 'Restarted', failed: 'Restarting failed' },
    cancellable: true,
    opposable: true,
    phases: [use.phases.agent, use.phases.act('restart')],
    ended: (em, operation) => settle(use, em, operation, 'running'),
  }),
  (use) => ({
    kind: 'instances.rebuild',
    label: { doing: 'Rebuilding', done: 'Rebuilt', failed: 'Rebuilding failed' },
    ownerOnly: true, // it writes over files
    cancellable: true,
    opposable: true,
    retriable: true,
    phases: [use.phases.resolve, use.phases.agent, use.phases.install, use.phases.act('restart')],
    ended: (em, operation) => settle(use, em, operation, 'running'),
  }),
  (use) => ({
    kind: 'instances.kill',
    label: { doing: 'Killing', done: 'Killed', failed: 'Killing failed' },
    precedence: precedence.kill,
    phases: [use.phases.act('kill')],
    ended: (em, operation) => settle(use, em, operation, 'stopped'),
  }),
  (use) => ({
    kind: 'instances.delete',
    label: { doing: 'Deleting', done: 'Deleted', failed: 'Deleting failed' },
    precedence: precedence.delete,
    ownerOnly: true,
    retriable: true,
    phases: [use.phases.stopForGood, use.phases.remove],
    ended: (em, operation) => deleted(use, em, operation),
  }),
];

async function created(use: Use, em: EntityManager, operation: Ended): Promise<void> {
  const { state, input, supersededBy } = operation;
  // Ended for a stop, a kill or a deletion, it stays: what was asked for decides what becomes of it.
  if (state === 'cancelled' && supersededBy === null && input.again !== true)
    return forget(use, em, operation);
  const instance = await locked(em, operation);
  if (instance === null) return; // removed meanwhile
  const isNew = state === 'succeeded' && !instance.provisioned;
  if (isNew) instance.provisioned = true;
  if (supersededBy === null) {
    const succeeded = state === 'succeeded';
    const unmade = state === 'failed' ? 'error' : 'stopped';
    ended(instance, { succeeded, asked: 'running', word: wordOf(operation), unmade });
  }
  await em.flush();
  if (isNew) for (const { value } of use.hooks) await value.created?.(em, instance.id);
  await use.instances.changed(em, instance);
}

/** Reports are waited for, and wait. */
function locked(em: EntityManager, { instanceId: id }: Ended) {
  return em.findOne(Instance, { id: id! }, { lockMode: LockMode.PESSIMISTIC_WRITE });
}

/** Nothing where something else was asked for meanwhile: its own end says what is. */
async function settle(
  use: Use,
  em: EntityManager,
  operation: Ended,
  asked: 'running' | 'stopped',
): Promise<void> {
  if (operation.supersededBy !== null) return;
  const instance = await locked(em, operation);
  if (instance === null) return; // removed meanwhile
  const succeeded = operation.state === 'succeeded';
  ended(instance, { succeeded, asked, word: wordOf(operation) });
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
  await use.agents.unregister(em, instance.id);
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
  await em.nativeDelete(Workload, { instanceId: instance.id });
  await em.nativeDelete(Hold, { instanceId: instance.id });
  await em.nativeDelete(Instance, { id: instance.id });
}
