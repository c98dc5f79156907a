/** The folder of one operation, below the plugin's own state. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SupervisedProcess } from '@zlh/agent';
import type { StagingArea } from '@zlh/agent/fs';

/** The agent ends: the next agent goes on with the operation, and needs what was made. */
export const isEnding = ({ reason }: AbortSignal): boolean =>
  (reason as { code?: string } | undefined)?.code === 'AGENT_ENDING';

export async function discardWork(staging: StagingArea, operationId: string): Promise<void> {
  await staging.discard(staging.work(operationId)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

/**
 * The wish of the owner as it was before the operation first stopped the server. On disk, for an agent
 * that is killed over a stop has lost the wish.
 */
export function desiredBefore(folder: string, main: SupervisedProcess): 'running' | 'stopped' {
  const path = join(folder, 'desired');
  if (wasStopped(folder)) return readFileSync(path, 'utf8') === 'running' ? 'running' : 'stopped';
  const { desired } = main;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(path, desired, { mode: 0o600, flush: true });
  return desired;
}

/** Whether this operation, in an earlier agent perhaps, has stopped the server. */
export const wasStopped = (folder: string): boolean => existsSync(join(folder, 'desired'));
