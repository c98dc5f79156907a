/**
 * Work that an agent does for an operation of ours: asked for by an id derived from ours, so that asking again never
 * begins it twice, and followed to its end. An agent that is away for a while is waited for; one that stays away ends it.
 */
import { createHash } from 'node:crypto';
import { OperationReply, type AgentOperation } from '@zlh/agent';
import type { AgentTarget } from '@zlh/agents';
import { problems, Problem } from '@zlh/http';
import { CodedError } from '@zlh/kernel';
import type { PhaseContext } from '@zlh/operations';
import { setTimeout as delay } from 'node:timers/promises';
import type { Use } from './agent-files.ts';

type Context = PhaseContext<Record<string, unknown>>;

/** An agent is started again when it dies; what it had begun goes on then. */
const silentAfterMs = 300_000;
const askAgainMs = 1000;
const mostAsked = 120;

export async function carryOut(use: Use, context: Context, path: string): Promise<void> {
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

/** Told to the agent when the operation is given up; it throws away what it had made. */
export async function callOff(use: Use, context: Context): Promise<void> {
  try {
    await use.agents.cancel(await placed(use, context), agentOperationId(context));
  } catch (error) {
    // Unknown to the agent, over already, or no agent any more: nothing is left to cancel.
    if (!(error instanceof Problem)) throw error;
  }
}

/** Another operation of the agent may be in the way (its own recovery, for one), or it is just being started again. */
async function ask(
  { agents }: Use,
  { input, signal }: Context,
  target: AgentTarget,
  { path, id }: { readonly path: string; readonly id: string },
): Promise<void> {
  for (let asked = 1; ; asked++) {
    try {
      const body = { operationId: id, input };
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
