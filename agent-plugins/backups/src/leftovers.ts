/**
 * Takes back what an operation left half done that no agent goes on with: half a swap is worse than
 * none.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { OperationQueue } from '@zlh/agent';
import type { Deps } from './deps.ts';
import { Swap } from './swap.ts';

export async function clearLeftovers(deps: Deps, queue: OperationQueue): Promise<void> {
  const goesOn = (id: string) => queue.get(id)?.finishedAt === null;
  for (const id of await readdir(join(deps.staging.state, 'work'))) {
    const isOver = !goesOn(id) && queue.get(id)?.state !== 'succeeded';
    if (isOver) await new Swap(deps.data, deps.staging.work(id)).back();
  }
  await deps.staging.sweep(goesOn);
}
