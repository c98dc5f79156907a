/** Every refusal and end of an operation that reaches people, with its code and what to do. */
import { CodedError } from '@zlh/kernel';
import type { AgentOperation } from '../contract/operation.ts';
import { Refusal } from '../contract/refusal.ts';

/** Carries the operation in the way, for the answer 409. */
export class OperationConflict extends CodedError {
  readonly operation: AgentOperation;

  constructor(operation: AgentOperation) {
    super(
      'AGENT_OPERATION_IN_THE_WAY',
      `The operation "${operation.kind}" is running.`,
      'Wait until it has ended, or cancel it.',
    );
    this.operation = operation;
  }
}

export const inMaintenance = (reason: string, operation: AgentOperation | undefined) =>
  new Refusal(
    409,
    'AGENT_MAINTENANCE',
    `The server is in maintenance: ${reason}`,
    'Wait until that has ended, or cancel its operation.',
    undefined,
    operation === undefined ? undefined : { operation },
  );

export const kindMisnamed = (feature: string, kind: string) =>
  new CodedError(
    'AGENT_OPERATION_KIND_MISNAMED',
    `The agent plugin for "${feature}" adds an operation "${kind}", which does not carry that name.`,
    `Call it "${feature}.<verb>".`,
  );
export const kindTwice = (kind: string) =>
  new CodedError(
    'AGENT_OPERATION_KIND_TWICE',
    `The operation "${kind}" is defined twice.`,
    'Give one of them another name.',
  );

export const cancelled = () =>
  new CodedError('AGENT_OPERATION_CANCELLED', 'It was cancelled.', 'Ask again when it is wanted.');
/** Not so when the agent ends, or gave the operation up by itself. */
export const isCancelled = ({ reason }: AbortSignal) =>
  reason instanceof CodedError && reason.code === 'AGENT_OPERATION_CANCELLED';
/** By a stop or a kill, which ends what there is. */
export const isInterrupted = ({ reason }: AbortSignal) =>
  reason instanceof CodedError && reason.code === 'AGENT_OPERATION_INTERRUPTED';
export const interrupted = () =>
  new CodedError(
    'AGENT_OPERATION_INTERRUPTED',
    'A stop or a kill interrupted it.',
    'Ask again when it is wanted.',
  );
export const crashed = (times: number) =>
  new CodedError(
    'AGENT_OPERATION_CRASHED',
    `The agent ended ${times} times while it was at this, and does not try again.`,
    'Look at the memory of the container and at the log of the agent; ask again with something smaller.',
  );
/** It was called off before it came here. */
export const calledOff = () =>
  new Refusal(
    409,
    'AGENT_OPERATION_CANCELLED',
    'This operation was cancelled before it began.',
    'Ask again with a new id when it is wanted.',
  );
export const reused = ({ id, kind }: AgentOperation) =>
  new CodedError(
    'AGENT_OPERATION_ID_REUSED',
    `The operation id "${id}" belongs to a "${kind}" already.`,
    'Use a new id for each operation.',
  );
export const notSaved = (cause: unknown) =>
  new CodedError(
    'AGENT_STATE_UNWRITABLE',
    `The agent cannot write its state: ${reason((cause as NodeJS.ErrnoException).code)}.`,
    'Free some space on its disk, then try again.',
    { cause },
  );

const reason = (code = 'an unknown fault') =>
  code === 'ENOSPC' || code === 'EDQUOT' ? 'the disk is full' : code;

export const ending = () =>
  new CodedError('AGENT_ENDING', 'The agent is ending.', 'It goes on after its restart.');
