/**
 * How the record of an operation changes while it runs. Promises that a phase which succeeded once is
 * not run again, and that an ended operation has no open phase.
 */
import { CodedError } from '@zlh/kernel';
import type { AgentOperation, AgentPhase, OperationState } from '../contract/operation.ts';
import type { OperationContext, OperationKind } from '../contract/operation-kind.ts';

/** `update` takes each new record; progress alone is not durable. */
export function phaseRunner(
  current: () => AgentOperation,
  update: (operation: AgentOperation, durable?: boolean) => void,
): OperationContext<unknown>['phase'] {
  const change = (name: string, change: Partial<AgentPhase>, durable = true) => {
    const phases = current().phases.map((each) =>
      each.name === name ? { ...each, ...change } : each,
    );
    update({ ...current(), phases }, durable);
  };
  return async (name, work) => {
    const phase = current().phases.find((each) => each.name === name);
    if (phase === undefined) throw new TypeError(`"${name}" is no phase of "${current().kind}"`);
    if (phase.state === 'succeeded') return;
    change(name, { state: 'running', startedAt: phase.startedAt ?? now(), progress: null });
    await work((share) => {
      const progress = Math.min(1, Math.floor(share * 100) / 100);
      const shown = current().phases.find((each) => each.name === name)?.progress;
      if (progress !== shown) change(name, { progress }, false);
    });
    change(name, { state: 'succeeded', progress: 1, finishedAt: now() });
  };
}

export function fresh(id: string, { kind, phases }: OperationKind): AgentOperation {
  const pending = { state: 'pending', progress: null, startedAt: null, finishedAt: null } as const;
  return {
    id,
    kind,
    state: 'queued',
    phases: phases.map((name) => ({ name, ...pending })),
    error: null,
    createdAt: now(),
    finishedAt: null,
  };
}

export function ended(
  operation: AgentOperation,
  state: OperationState,
  error: unknown,
): AgentOperation {
  const finishedAt = now();
  const phases = operation.phases.map((phase): AgentPhase => {
    if (phase.state === 'running') return { ...phase, state: phaseEnd(state), finishedAt };
    return phase.state === 'pending' ? { ...phase, state: 'skipped' } : phase;
  });
  return {
    ...operation,
    state,
    phases,
    finishedAt,
    error: error === null ? null : describe(error),
  };
}

function phaseEnd(state: OperationState): AgentPhase['state'] {
  return state === 'succeeded' || state === 'cancelled' ? state : 'failed';
}

function describe(error: unknown): { code: string; detail: string } {
  if (error instanceof CodedError)
    return { code: error.code, detail: `${error.message} ${error.hint}` };
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return {
      code: 'AGENT_DISK_FULL',
      detail: 'The disk is full. Free some space, then try again.',
    };
  }
  return { code: 'AGENT_INTERNAL', detail: `The agent failed: ${message ?? String(error)}.` };
}

function now(): string {
  return new Date().toISOString();
}
