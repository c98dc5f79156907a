/**
 * Work that an agent does for a phase: asked for by an id that is derived from ours, so that asking again never begins
 * it twice, and followed to its end, over deaths of the agent. It ends in any case: an agent is in the hands of its
 * customer, and must not hold an operation for ever.
 */
import { createHash } from 'node:crypto';
import type { AgentOperation } from '@zlh/agent';
import type { Agents, AgentTarget } from '@zlh/agents';
import { CodedError } from '@zlh/kernel';
import { Problem } from '@zlh/http';
import type { PhaseContext } from '@zlh/operations';

type Context = PhaseContext<unknown>;

export interface Work {
  readonly target: AgentTarget;
  /** `install`, `start` …; with the operation it makes the id. */
  readonly name: string;
  /** It is given up after this long. */
  readonly withinMs: number;
  ask(target: AgentTarget, id: string): Promise<AgentOperation>;
  /** Brings a dead agent up again and answers where it is now; without it a dead agent ends the work. */
  restartAgent?(): Promise<AgentTarget>;
}

/** An agent that does not answer for this long while it works is looked after. */
const silentAfterMs = 5000;
/** One that dies again and again has a reason; the operation fails and says so. */
const maxRestarts = 5;
const mostConflicts = 5;
const calledOffWithinMs = 10_000;
const awayCodes = ['agents.unreachable', 'agents.silent'];

/** @throws CodedError with the agent's own code when it failed, INSTANCES_AGENT_SLOW when it took too long */
export async function carryOut(agents: Agents, context: Context, work: Work): Promise<void> {
  const late = AbortSignal.timeout(work.withinMs);
  const signal = AbortSignal.any([context.signal, late]);
  let { target } = work;
  for (let restarts = 0; ; restarts++) {
    try {
      return await attempt(agents, context, { ...work, target }, signal);
    } catch (error) {
      if (context.signal.aborted) throw error;
      if (late.aborted) throw slow(work);
      const away = error instanceof Problem && awayCodes.includes(error.code);
      if (!away || work.restartAgent === undefined || restarts >= maxRestarts) throw error;
      context.log.warn(
        { err: error },
        'the agent is gone in the middle of its work: bringing it up',
      );
      target = await work.restartAgent();
    }
  }
}

/** Tells the agent to stop working on it. What stays away is not waited for long: it may never have come up. */
export async function callOff(
  agents: Agents,
  context: Context,
  target: AgentTarget,
  name: string,
): Promise<void> {
  const id = agentOperationId(context, name);
  const { signal } = context;
  if (await agents.callOff(target, id, { signal, withinMs: calledOffWithinMs })) return;
  context.log.warn({ work: name }, 'the agent could not be told that its work is not wanted');
}

async function attempt(
  agents: Agents,
  context: Context,
  { target, name, ask }: Work,
  signal: AbortSignal,
): Promise<void> {
  const id = agentOperationId(context, name);
  context.log.info({ agentOperationId: id, work: name }, 'the agent is asked to work');
  const askOnce = async () => {
    await context.checkOwnership();
    return ask(target, id);
  };
  await askPatiently(agents, target, askOnce, signal);
  const ended = await agents.follow(target, id, {
    signal,
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

/** Another operation of the agent (its own recovery, for one) may be in the way: it is waited for. */
async function askPatiently(
  agents: Agents,
  target: AgentTarget,
  ask: () => Promise<AgentOperation>,
  signal: AbortSignal,
): Promise<void> {
  for (let conflicts = 0; ; conflicts++) {
    try {
      await ask();
      return;
    } catch (error) {
      const inTheWay =
        error instanceof Problem && error.status === 409
          ? (error.members['agentOperation'] as AgentOperation | undefined)
          : undefined;
      if (inTheWay === undefined || conflicts >= mostConflicts) throw error;
      await agents.follow(target, inTheWay.id, { signal, silenceMs: silentAfterMs });
    }
  }
}

function slow({ name, withinMs }: Work): CodedError {
  return new CodedError(
    'INSTANCES_AGENT_SLOW',
    `The agent did not finish "${name}" within ${Math.round(withinMs / 60_000)} minutes.`,
    'Look at the console, or kill the server, and try again.',
  );
}

/** The same for every run of a phase, another one when the user retries. A UUID (version 8: made by us). */
function agentOperationId({ operationId, attempt }: Context, name: string): string {
  const hex = createHash('sha256').update(`${operationId} ${name} ${attempt}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
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
