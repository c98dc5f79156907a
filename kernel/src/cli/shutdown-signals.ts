/** Shutdown triggers: signals and uncaught errors. */
import { constants } from 'node:os';
import type { Logger } from '../log.ts';

export interface Shutdown {
  /** Resolves at the first trigger. */
  readonly requested: Promise<void>;
  signal(): NodeJS.Signals | undefined;
  /** The number of uncaught errors. */
  defects(): number;
}

/**
 * A terminal sends Ctrl-C to every process in it, and npm passes the signal on once more. A signal within
 * this time is the first one's echo; under npm one later signal is an echo, too, for npm may be slow.
 */
const echoMs = 1_000;

/** The exit code that shells give a process ended by the signal: 130 for SIGINT. */
export const exitCodeOf = (signal: NodeJS.Signals) => 128 + constants.signals[signal];

/** Listens from now on, for the rest of the process. A second signal ends it at once. */
export function onShutdown(log: Logger): Shutdown {
  const { promise: requested, resolve } = Promise.withResolvers<void>();
  let first: { readonly signal: NodeJS.Signals; readonly at: number } | undefined;
  let defects = 0;
  let awaitsEcho = Boolean(process.env['npm_lifecycle_event']);
  const onSignal = (signal: NodeJS.Signals) => {
    if (first === undefined) {
      first = { signal, at: performance.now() };
      log.info(`${signal}: stopping; once more ends it at once`);
      resolve();
    } else if (awaitsEcho || performance.now() - first.at <= echoMs) {
      if (awaitsEcho) log.debug(`${signal} passed on by npm`);
      awaitsEcho = false;
    } else {
      log.warn(`${signal} again: ending at once`);
      process.exit(exitCodeOf(signal));
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  // Rejections nobody handles arrive here, too.
  process.on('uncaughtException', (err: unknown) => {
    defects += 1;
    const code = 'KERNEL_DEFECT';
    log.fatal({ code, err }, 'An error that nobody caught: stopping. Please report it.');
    resolve();
  });
  return { requested, signal: () => first?.signal, defects: () => defects };
}
