/** What plugins may add to the `zlh` command: sub-commands, and checks that `zlh doctor` runs. */
import { point, type Contribution, type Point } from '../tokens.ts';

export interface CommandContext {
  /** What followed the command's name. */
  readonly args: readonly string[];
  readonly print: (line: string) => void;
  /** What all plugins have added to a point; also before anything has started. */
  readonly points: <T>(to: Point<T>) => readonly Contribution<T>[];
}

export interface Command {
  /** `catalog import`: one or more words. */
  readonly name: string;
  /** One line for `zlh help`. */
  readonly summary: string;
  /** Starts the plugins first when true, but for their `ready`: no door opens. Otherwise only their `setup` has run. */
  readonly needsStart?: boolean;
  run(context: CommandContext): Promise<void> | void;
}

export const Commands = point<Command>('kernel.commands');

export interface CheckResult {
  readonly state: 'ok' | 'warning' | 'fault';
  /** What was found, in one sentence. */
  readonly found: string;
  /** What to do about it; only for warnings and faults. */
  readonly todo?: string;
}

export interface CheckContext {
  /** What all plugins of this host have added to a point. */
  readonly points: <T>(to: Point<T>) => readonly Contribution<T>[];
  /** What those of the agent have added, as `config/agent.ts` has them; rejects when that cannot be read. */
  readonly agentPoints: <T>(to: Point<T>) => Promise<readonly Contribution<T>[]>;
}

/** Looks at the machine or at files, not at running services: `zlh doctor` runs when nothing does. */
export interface Check {
  readonly title: string;
  /** `zlh inspect` tells the result too: a fact of this machine that changes what runs. */
  readonly inspected?: boolean;
  run(context: CheckContext): Promise<CheckResult> | CheckResult;
}

export const Checks = point<Check>('kernel.checks');

/** One line that `zlh start` shows once every plugin is ready. */
export interface StartLine {
  /** `Portal`; up to 12 characters. */
  readonly label: string;
  readonly text: string;
  /** True for a line that must not be missed, such as a one-time link: it comes last, on a line of its own. */
  readonly important?: boolean;
}

/** Answers undefined when there is nothing to say. Answers after the signal's abort are dropped. */
export type StartLineSource = (
  signal: AbortSignal,
) => Promise<StartLine | undefined> | StartLine | undefined;

export const StartLines = point<StartLineSource>('kernel.start-lines');
