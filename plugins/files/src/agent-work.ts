/**
 * Work that an agent does for an operation of ours: asked for by an id derived from ours, so that asking
 * again never begins it twice, and followed to its end. An agent that is away for a while is waited for;
 * one that stays away ends it.
 */
import { createHash } from 'node:crypto';
import { OperationReply, type AgentOperation } from '@zlh/agent';
import type { AgentTarget } from '@zlh/agents';
import { problems, Problem } from '@zlh/http';
import { CodedError } from '@zlh/kernel';
import type { PhaseContext } from '@zlh/operations';
import { setTimeout as delay } from 'node:timers/promises';
import { admitted, type Use } from './agent-files.ts';
import { WRITE } from './index.ts';

type Context = PhaseContext<Record<string, unknown>>;

/** An agent is started again when it dies; what it had begun goes on then. */
const silentAfterMs = 300_000;
const askAgainMs = 1000;
const mostAsked = 120;

/**
 * Far beyond what honest work takes; an agent is in the hands of its customer, and must not hold an
 * operation for ever.
 */
const longestHours = 3;

/** @throws CodedError with the agent's own code when it failed, FILES_AGENT_SLOW when it took too long */
export async function carryOut(
  use: Use,
  context: Context,
  path: string,
  withinMs = longestHours * 3_600_000,
): Promise<void> {
  const late = AbortSignal.timeout(withinMs);
  try {
    await attempt(use, { ...context, signal: AbortSignal.any([context.signal, late]) }, path);
  } catch (error) {
    if (context.signal.aborted || !late.aborted) throw error;
    await callOff(use, context);
    throw new CodedError(
      'FILES_AGENT_SLOW',
      `The agent did not finish this within ${longestHours} hours.`,
      'Take a part of it at a time.',
    );
  }
}

async function attempt(use: Use, context: Context, path: string): Promise<void> {
  await assertStillMay(use, context);
  const target = await placed(use, context);
  const id = agentOperationId(context);
  await ask(use, context, target, { path, id });
  const ended = await use.agents.follow(target, id, {
    signal: context.signal,
    silenceMs: silentAfterMs,
    onChange: (operation) => context.progress(progressOf(operation)),
  });
  if (ended.state === 'succeeded') return;
  const { code, detail } = ended.error ?? {
    code: 'agents.cancelled',
    detail: 'The agent was told to give this up.',
  };
  throw new CodedError(code, detail, '');
}

/**
 * It may have waited in the queue: whoever lost the right meanwhile has nothing begun, and nothing gone on
 * with.
 */
async function assertStillMay(use: Use, context: Context): Promise<void> {
  const { requesterId } = context.input;
  if (typeof requesterId !== 'string') return; // begun by a platform that did not write it down
  if (await may(use, requesterId, context.instanceId!)) return;
  await callOff(use, context);
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

/**
 * Told to the agent when the operation is given up; it throws away what it had made. An agent that is away
 * would go on with it later, so it is told when it is back; that it could not be told is an error.
 */
export async function callOff(use: Use, context: Context): Promise<void> {
  const target = await use.instances.targetOf(use.database.fork(), context.instanceId!);
  if (target === null) return; // and nobody left to go on
  const { signal } = context;
  if (await use.agents.callOff(target, agentOperationId(context), { signal })) return;
  throw new CodedError(
    'FILES_NOT_CALLED_OFF',
    'The agent of the instance could not be told to give this up, and may go on with it when it is back.',
    'Look at the files when the instance runs again.',
  );
}

/**
 * Another operation of the agent may be in the way (its own recovery, for one), or it is just being started
 * again.
 */
async function ask(
  { agents }: Use,
  { input, signal, checkOwnership }: Context,
  target: AgentTarget,
  { path, id }: { readonly path: string; readonly id: string },
): Promise<void> {
  const { requesterId: _ours, ...work } = input;
  for (let asked = 1; ; asked++) {
    try {
      await checkOwnership();
      const body = { operationId: id, input: work };
      await agents.ask(target, { method: 'POST', path, body, schema: OperationReply, signal });
      return;
    } catch (error) {
      if (!(error instanceof Problem) || asked === mostAsked) throw error;
      const inTheWay = error.members['agentOperation'] as AgentOperation | undefined;
      if (inTheWay !== undefined) await agents.follow(target, inTheWay.id, { signal });
      else if (error.code === 'agents.unreachable') await delay(askAgainMs, undefined, { signal });
      else throw error;
    }
  }
}

async function placed({ instances, database }: Use, { instanceId }: Context): Promise<AgentTarget> {
  const target = await instances.targetOf(database.fork(), instanceId!);
  if (target !== null) return target;
  throw problems.unavailable('instances.not-placed', 'This instance has no container.');
}

/** The same for every run of a phase, another one when the user retries. A UUID (version 8: made by us). */
function agentOperationId({ operationId, attempt }: Context): string {
  const hex = createHash('sha256').update(`${operationId} files ${attempt}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function progressOf({ phases }: AgentOperation): number | null {
  const shares: number[] = phases.map(({ state, progress }) =>
    state === 'succeeded' || state === 'skipped' ? 1 : (progress ?? 0),
  );
  return shares.length === 0 ? null : shares.reduce((sum, share) => sum + share) / shares.length;
}
