/** What an operation is to those who define one. */

export interface OperationContext<Input> {
  readonly input: Input;
  /** Aborts when the operation is cancelled or the agent ends. */
  readonly signal: AbortSignal;
  /** Runs `work` unless an earlier try finished it; reports its progress. */
  phase(name: string, work: (progress: (share: number) => void) => Promise<void>): Promise<void>;
}

export interface OperationKind<Input = unknown> {
  /** `start`, or `<plugin>.<verb>`. */
  readonly kind: string;
  readonly phases: readonly string[];
  /** Cancels whatever runs instead of being refused, and is accepted even when the disk is full. */
  readonly interrupts?: boolean;
  run(context: OperationContext<Input>): Promise<void>;
}
