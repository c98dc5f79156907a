/** Has the agent carry out an operation of files, for somebody who may still change them when it begins. */
import { OperationReply } from '@zlh/agent';
import type { AgentTarget } from '@zlh/agents';
import { problems, Problem } from '@zlh/http';
import { CodedError } from '@zlh/kernel';
import type { PhaseContext } from '@zlh/operations';
import { admitted, type Use } from './agent-files.ts';
import { WRITE } from './index.ts';

type Context = PhaseContext<Record<string, unknown>>;

const name = 'files';
/** Far beyond what honest work takes. */
const maxDurationMs = 3 * 3_600_000;

/** @throws CodedError with the agent's own code when the agent failed */
export async function runOnFiles(
  use: Use,
  context: Context,
  path: string,
  timeoutMs = maxDurationMs,
): Promise<void> {
  await assertStillMay(use, context);
  const { requesterId: _ours, ...input } = context.input;
  try {
    await use.agents.run(context, {
      name,
      timeoutMs,
      target: () => placed(use, context),
      submit: (target, operationId) =>
        use.agents.request(target, {
          method: 'POST',
          path,
          body: { operationId, input },
          schema: OperationReply,
          signal: context.signal,
        }),
    });
  } catch (error) {
    const isSlow = error instanceof CodedError && error.code === 'agents.operation-timeout';
    if (isSlow) await cancelOnFiles(use, context);
    throw error;
  }
}

/**
 * The agent throws away what it had made. An agent that is away would go on with the work later, so this
 * waits for the agent; an agent that could not be told is an error.
 */
export async function cancelOnFiles(use: Use, context: Context): Promise<void> {
  const target = await use.instances.findAgentTarget(use.database.fork(), context.instanceId!);
  if (target === null) return; // and nobody left to go on
  if (await use.agents.cancelRun(context, { name, target })) return;
  throw new CodedError(
    'files.not-cancelled',
    'The agent of the instance could not be told to give this up, and may go on with it when it is back.',
    'Look at the files when the instance runs again.',
  );
}

/**
 * The operation may have waited in the queue; for a requester who lost the right meanwhile nothing begins
 * or goes on.
 */
async function assertStillMay(use: Use, context: Context): Promise<void> {
  const { requesterId } = context.input;
  if (typeof requesterId !== 'string') return; // begun by a platform that did not write it down
  if (await may(use, requesterId, context.instanceId!)) return;
  await cancelOnFiles(use, context);
  throw new CodedError(
    'FILES_RIGHT_LOST',
    'Whoever asked for this may not change the files of this instance any more.',
    'Ask for it again as somebody who may.',
  );
}

async function may(use: Use, userId: string, instanceId: string): Promise<boolean> {
  const identity = await use.accounts.actingFor(userId, userId);
  if (identity?.can(WRITE) !== true) return false;
  try {
    await admitted(use, instanceId, identity, WRITE);
    return true;
  } catch (error) {
    if (error instanceof Problem && [403, 404].includes(error.status)) return false;
    throw error;
  }
}

async function placed({ instances, database }: Use, { instanceId }: Context): Promise<AgentTarget> {
  const target = await instances.findAgentTarget(database.fork(), instanceId!);
  if (target !== null) return target;
  throw problems.unavailable('instances.not-placed', 'This instance has no container.');
}
