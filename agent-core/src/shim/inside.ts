/** Which process is the game, where the launched one only waits for it. */
import { readdirSync, readFileSync } from 'node:fs';
import { statProcess } from '@zlh/kernel/process-id';

/**
 * The child of `waiting` in another pid namespace that is not the first there: that one only buries the
 * dead. Undefined when it has ended already.
 */
export function processInside(waiting: number): number | undefined {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => statProcess(pid)?.parent === waiting && numberInside(pid) !== 1);
}

function numberInside(pid: number): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    return Number(/^NSpid:.*\t(\d+)$/m.exec(status)?.[1]);
  } catch {
    return undefined; // it has just ended
  }
}
