/**
 * Ends a run politely first: each step of the spec with its wait, SIGKILL of everything at the end.
 * Promises that the run is over when it returns.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { StopStep } from '../contract/spec.ts';
import { errors } from './errors.ts';
import type { GameRun } from './game-run.ts';

/**
 * Rejects with the signal's reason when aborted between or during steps, and with `AGENT_UNKILLABLE` when something of the
 * run lives on.
 */
export async function climbStopLadder(
  run: GameRun,
  steps: readonly StopStep[],
  signal: AbortSignal,
): Promise<void> {
  for (const step of steps) {
    signal.throwIfAborted();
    // A command that the game does not read is no end of the ladder: the next step follows.
    if ('command' in step) run.input.command(step.command, { first: true }).catch(() => {});
    else run.signal(step.signal);
    if (await endsWithin(run, step.waitMs, signal)) return;
  }
  signal.throwIfAborted();
  run.intent = 'kill'; // from here on there is no way back
  if (!(await run.kill())) throw errors.unkillable();
  await run.ended;
}

async function endsWithin(run: GameRun, waitMs: number, signal: AbortSignal): Promise<boolean> {
  const done = new AbortController();
  const waiting = AbortSignal.any([done.signal, signal]);
  try {
    const late = delay(waitMs, false, { signal: waiting });
    return await Promise.race([run.ended.then(() => true), late]);
  } finally {
    done.abort();
  }
}
