/**
 * Runs an operation of an agent for a phase of ours. The agent's operation has an id derived from ours, so
 * asking again never begins the work twice. The run outlives deaths of the agent. It ends in any case, for
 * an agent is in the hands of its customer.
 */
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { AgentOperation } from '@zlh/agent';
import { Problem } from '@zlh/http';
import { CodedError } from '@zlh/kernel';
import type { PhaseContext } from '@zlh/operations';
import type { AgentJob, Agents, AgentTarget } from './index.ts';

type Context = PhaseContext<unknown>;
type Follower = Pick<Agents, 'follow'>;

/** How long a silent agent is waited for while it works: somebody can bring it up, or only time can. */
const silenceMs = { revivable: 5000, alone: 300_000 } as const;
/** One that dies again and again has a reason; the operation fails and says so. */
const maxRevivals = 5;
const maxConflicts = 5;
const maxUnanswered = 120;
const retryAfterMs = 1000;
const cancelEveryMs = 500;
const awayCodes = ['agents.unreachable', 'agents.silent'];

/**
 * @throws CodedError with the agent's own code when the agent failed, `agents.operation-timeout` when it
 * was too slow
 */
export async function runAgentOperation(
  agents: Follower,
  context: Context,
  job: AgentJob,
): Promise<void> {
  const late = AbortSignal.timeout(job.timeoutMs);
  const signal = AbortSignal.any([context.signal, late]);
  let target: AgentTarget | undefined;
  for (let revivals = 0; ; revivals++) {
    try {
      target ??= await job.target();
      return await attempt(agents, { ...context, signal }, job, target);
    } catch (error) {
      if (context.signal.aborted) throw error;
      if (late.aborted) throw timedOut(job);
      if (!isAway(error) || job.revive === undefined || revivals >= maxRevivals) throw error;
      context.log.warn({ err: error }, 'the agent is gone in the middle of its work: reviving it');
      target = await job.revive();
    }
  }
}

/** Repeats `cancel` until the agent has answered. False when the agent has not answered for `timeoutMs`. */
export async function cancelAgentOperation(
  cancel: () => Promise<unknown>,
  { signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<boolean> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    try {
      await cancel();
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.status === 404 || error.status === 409) return true; // unknown, or over already
      if (performance.now() > until) return false;
    }
    await delay(cancelEveryMs, undefined, { signal });
  }
}

/** The same for every run of a phase, another one when the user retries. A UUID (version 8: made by us). */
export function agentOperationId(
  { operationId, attempt: tries }: Pick<Context, 'operationId' | 'attempt'>,
  name: string,
): string {
  const hex = createHash('sha256').update(`${operationId} ${name} ${tries}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

async function attempt(
  agents: Follower,
  context: Context,
  job: AgentJob,
  target: AgentTarget,
): Promise<void> {
  const { signal, log, progress } = context;
  const id = agentOperationId(context, job.name);
  log.info({ agentOperationId: id, work: job.name }, 'the agent is asked to work');
  await submitWhenFree(agents, context, job, { target, id });
  const ended = await agents.follow(target, id, {
    signal,
    silenceMs: job.revive === undefined ? silenceMs.alone : silenceMs.revivable,
    onChange: (operation) => progress(progressOf(operation)),
  });
  if (ended.state === 'succeeded') return;
  const { code, detail } = ended.error ?? {
    code: 'agents.cancelled',
    detail: 'The agent was told to give this up.',
  };
  throw new CodedError(code, detail, '');
}

/**
 * Waits for another operation of the agent (its own recovery, for one), and for an agent that nobody can
 * revive.
 */
async function submitWhenFree(
  agents: Follower,
  { signal, checkOwnership }: Context,
  job: AgentJob,
  { target, id }: { readonly target: AgentTarget; readonly id: string },
): Promise<void> {
  let [conflicts, unanswered] = [0, 0];
  for (;;) {
    try {
      await checkOwnership();
      await job.submit(target, id);
      return;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const inTheWay = error.members['agentOperation'] as AgentOperation | undefined;
      if (error.status === 409 && inTheWay !== undefined && conflicts++ < maxConflicts) {
        const silence = job.revive === undefined ? silenceMs.alone : silenceMs.revivable;
        await agents.follow(target, inTheWay.id, { signal, silenceMs: silence });
      } else if (isAway(error) && job.revive === undefined && unanswered++ < maxUnanswered)
        await delay(retryAfterMs, undefined, { signal });
      else throw error;
    }
  }
}

const isAway = (error: unknown) => error instanceof Problem && awayCodes.includes(error.code);

function timedOut({ name, timeoutMs }: AgentJob): CodedError {
  const minutes = Math.round(timeoutMs / 60_000);
  return new CodedError(
    'agents.operation-timeout',
    `The agent did not finish "${name}" within ${minutes} minutes.`,
    'Look at the console and the files of the instance, and try again.',
  );
}

/** Phases count alike; the agent's own share decides within one. */
function progressOf({ phases }: AgentOperation): number | null {
  if (phases.length === 0) return null;
  const done = phases.reduce((sum, { state, progress }) => {
    if (state === 'succeeded' || state === 'skipped') return sum + 1;
    return state === 'running' ? sum + (progress ?? 0) : sum;
  }, 0);
  return done / phases.length;
}
