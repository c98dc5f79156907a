/** Each line of the agent's log names the instance, as soon as it is known whose agent this is. */
import type { Logger } from '@zlh/kernel';
import type { Changes } from '../status/changes.ts';

export function nameLog(log: Logger, changes: Changes, id: () => string | undefined): void {
  const stop = changes.listen(name);
  name();

  function name(): void {
    const instanceId = id();
    if (instanceId === undefined) return;
    stop();
    log.setBindings({ instanceId });
  }
}
