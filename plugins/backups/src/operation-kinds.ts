/**
 * `backups.create` and `backups.restore`. A restore verifies the backup and makes a checkpoint of what
 * is there before the agent touches anything.
 */
import { randomUUID } from 'node:crypto';
import { OperationReply } from '@zlh/agent';
import type { BackupRules } from '@zlh/agent-backups';
import type { Agents } from '@zlh/agents';
import type { EntityManager } from '@zlh/database';
import type { Instances } from '@zlh/instances';
import { CodedError } from '@zlh/kernel';
import type { EndedOperation, OperationKind, PhaseContext } from '@zlh/operations';
import { newBackup } from './backups.ts';
import { errors } from './errors.ts';
import type { Parts } from './parts.ts';
import { Backup } from './schema.ts';

interface Deps {
  readonly agents: Agents;
  readonly instances: Instances;
  readonly parts: Parts;
}
interface Input {
  readonly backupId: string;
}
type Context = PhaseContext<Input>;
type Ended = EndedOperation<Input>;

const hour = 3_600_000;
const timeoutMs = 6 * hour;

export function createOperation(deps: Deps): OperationKind<Input> {
  return {
    kind: 'backups.create',
    label: { doing: 'Backing up', done: 'Backed up', failed: 'Backup failed' },
    cancellable: true,
    phases: [
      {
        name: 'backup',
        label: 'Back up',
        run: (context) => runOnAgent(deps, context, 'backup', context.input.backupId),
        undo: (context) => cancelOnAgent(deps, context, 'backup'),
      },
    ],
    async ended(em, operation) {
      await settle(em, operation, operation.input.backupId);
      return { backup: operation.input.backupId };
    },
  };
}

export function restoreOperation(deps: Deps): OperationKind<Input> {
  return {
    kind: 'backups.restore',
    label: { doing: 'Restoring', done: 'Restored', failed: 'Restore failed' },
    cancellable: true,
    phases: [
      { name: 'verify', label: 'Verify', run: (context) => verify(deps, context) },
      {
        name: 'checkpoint',
        label: 'Checkpoint',
        async run(context) {
          await runOnAgent(deps, context, 'checkpoint', await checkpointOf(context));
        },
        undo: (context) => cancelOnAgent(deps, context, 'checkpoint'),
      },
      {
        name: 'restore',
        label: 'Restore',
        run: (context) => runOnAgent(deps, context, 'restore', context.input.backupId),
        undo: (context) => cancelOnAgent(deps, context, 'restore'),
      },
    ],
    async ended(em, operation) {
      const checkpoint = operation.journal['checkpoint'] as string | undefined;
      if (checkpoint !== undefined) await settle(em, operation, checkpoint);
      const { backupId: backup } = operation.input;
      return { restored: operation.state === 'succeeded', backup, checkpoint: checkpoint ?? null };
    },
  };
}

/** A backup whose bytes have changed is marked, so that nobody counts on it. */
async function verify({ parts }: Deps, context: Context): Promise<void> {
  const { input, instanceId, signal, transaction } = context;
  const progress = (share: number) => context.progress(share);
  try {
    await parts.verify(instanceId!, input.backupId, { signal, progress });
  } catch (error) {
    if (error instanceof CodedError && error.code === 'backups.damaged') {
      const told = { code: error.code, detail: error.message };
      await transaction(async (em) => {
        await em.nativeUpdate(Backup, { id: input.backupId }, { state: 'damaged', error: told });
      });
    }
    throw error;
  }
  await transaction(async (em) => {
    await em.nativeUpdate(Backup, { id: input.backupId }, { verifiedAt: new Date() });
  });
}

/** The same over crashes of the platform. */
async function checkpointOf({ journal, keep, transaction, instanceId }: Context): Promise<string> {
  const known = journal['checkpoint'] as string | undefined;
  const id = known ?? randomUUID();
  if (known === undefined) await keep({ checkpoint: id });
  await transaction(async (em) => {
    if ((await em.findOne(Backup, { id })) !== null) return;
    const name = 'Before a restore';
    newBackup(em, { id, instanceId: instanceId!, name, type: 'checkpoint', by: 'a restore' });
  });
  return id;
}

const routes = {
  backup: '/game/backups',
  checkpoint: '/game/backups',
  restore: '/game/backups/restore',
} as const;

async function runOnAgent(
  { agents, instances }: Deps,
  context: Context,
  name: keyof typeof routes,
  backupId: string,
): Promise<void> {
  const { backup, save } = await instances.workload(context.instanceId!);
  const rules: BackupRules = { include: [...backup.include], exclude: [...backup.exclude], save };
  await agents.run(context, {
    ...instances.agentOf(context),
    name,
    timeoutMs,
    submit: (target, operationId) =>
      agents.request(target, {
        method: 'POST',
        path: routes[name],
        body: { operationId, input: { backupId, rules } },
        schema: OperationReply,
        signal: context.signal,
      }),
  });
}

/** An agent that is away takes its own work back when it is up again: `run` revives it first. */
async function cancelOnAgent(
  { agents, instances }: Deps,
  context: Context,
  name: keyof typeof routes,
): Promise<void> {
  const target = await instances.agentOf(context).target();
  if (await agents.cancelRun(context, { name, target })) return;
  throw new CodedError(
    'backups.not-cancelled',
    'The agent of the instance could not be told to give this up, and may go on with it when it is back.',
    'Look at the instance when its agent answers again.',
  );
}

/** A backup that an operation made is complete, or failed with the operation's reason. */
async function settle(em: EntityManager, operation: Ended, id: string): Promise<void> {
  const backup = await em.findOne(Backup, { id });
  if (backup?.state !== 'making') return;
  const isWhole = backup.attempt !== null;
  // A checkpoint stays when the restore after it fails.
  const isKept = isWhole && (operation.state === 'succeeded' || backup.type === 'checkpoint');
  backup.finishedAt = new Date();
  backup.state = isKept ? 'complete' : 'failed';
  if (isKept) return;
  const { code, message } = errors.incomplete();
  const cancelled = { code: 'backups.cancelled', detail: 'The backup was cancelled.' };
  backup.error =
    operation.state === 'cancelled' ? cancelled : (operation.error ?? { code, detail: message });
}
