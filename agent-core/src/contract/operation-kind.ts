/** What an operation is to those who define one, and where agent plugins add theirs. */
import { point } from '@zlh/kernel';

export interface OperationContext<Input> {
  readonly operationId: string;
  readonly input: Input;
  /** Aborts when the operation is cancelled or the agent ends. */
  readonly signal: AbortSignal;
  /**
   * From now until this operation has ended nobody else starts or stops the server, and it does not start by itself;
   * `reason` is one sentence for people. A kill goes by it and leaves this operation running.
   */
  maintain(reason: string): void;
  /** Runs `work` unless an earlier try finished it; reports its progress. Idempotent: a killed agent runs it again. */
  phase(name: string, work: (progress: (share: number) => void) => Promise<void>): Promise<void>;
}

export interface OperationKind<Input = unknown> {
  /** `start`, or `<plugin>.<verb>`. */
  readonly kind: string;
  readonly phases: readonly string[];
  /**
   * Cancels what runs instead of being refused: operations of these kinds, or whatever there is, and then it
   * is accepted even when the disk is full.
   */
  readonly interrupts?: true | readonly string[];
  run(context: OperationContext<Input>): Promise<void>;
}

/** Operations that agent plugins add; begun with `OperationQueue.submit`. */
// oxlint-disable-next-line typescript/no-explicit-any -- operations with every kind of input stand in one list
export const AgentOperations = point<OperationKind<any>>('agent.operations');
