/** How an agent ends itself when the platform asks: the game first if wanted, then as on SIGTERM. */
import type { Logger } from '@zlh/kernel';
import type { Operations } from './operations/operations.ts';
import type { Supervisor } from './supervisor/supervisor.ts';

export async function endAgent(
  stopServer: boolean,
  operations: Operations,
  supervisor: Supervisor,
  log: Logger,
): Promise<void> {
  try {
    const { current } = operations;
    // First of all it looks whether the server is wanted; cancelling a start would change that.
    const paused = stopServer ? supervisor.pause(new AbortController().signal) : undefined;
    // What holds the maintenance is in the middle of something: the next agent ends it.
    if (stopServer && current !== null && !operations.holdsMaintenance(current.id))
      operations.cancel(current.id);
    await paused;
  } catch (error) {
    log.error({ err: error }, 'the server could not be stopped before the end of the agent');
  }
  process.kill(process.pid, 'SIGTERM');
}
