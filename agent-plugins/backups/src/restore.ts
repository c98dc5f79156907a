/**
 * `backups.restore`: unpacks and checks a backup beside the instance's folder, stops the server, swaps,
 * and starts the server again through its readiness. Guarantees: a restore that fails leaves files and
 * server as they were.
 */
import { join } from 'node:path';
import type { OperationKind } from '@zlh/agent';
import type { Deps } from './deps.ts';
import type { BackupInput } from './index.ts';
import { Swap } from './swap.ts';
import { unpackBackup } from './unpack.ts';
import { desiredBefore, discardWork, isEnding } from './work.ts';

export function restoreKind(deps: Deps): OperationKind<BackupInput> {
  const { data, platform, staging, saving } = deps;
  return {
    kind: 'backups.restore',
    phases: ['unpack', 'swap', 'start'],
    async run({ operationId, input, signal, maintain, phase }) {
      const { backupId, rules } = input;
      const folder = staging.work(operationId);
      const swap = new Swap(data, folder);
      const main = deps.processes.get('main');
      try {
        await saving.resume();
        await phase('unpack', async (progress) => {
          signal.throwIfAborted();
          await unpackBackup(folder, { data, platform, backupId, signal, progress });
        });
        maintain('A backup is being restored.');
        await phase('swap', async () => {
          signal.throwIfAborted();
          desiredBefore(folder, main);
          await main.stop(signal);
          await swap.plan(join(folder, 'data'), rules);
          await swap.forward();
        });
        await phase('start', async () => {
          if (desiredBefore(folder, main) === 'running') await main.start(signal);
        });
      } catch (error) {
        if (!isEnding(signal)) await takeBack(deps, swap, operationId);
        throw error;
      }
      await discardWork(staging, operationId);
    },
  };
}

/**
 * The server is stopped before its files go back, and started again where its owner wants it to run.
 */
async function takeBack(deps: Deps, swap: Swap, operationId: string): Promise<void> {
  const main = deps.processes.get('main');
  const never = new AbortController().signal;
  const wasDesired = desiredBefore(deps.staging.work(operationId), main);
  if (swap.isPlanned) {
    await main.stop(never);
    await swap.back();
  }
  await discardWork(deps.staging, operationId);
  if (wasDesired !== 'running' || main.run !== undefined) return;
  await main.start(never).catch((error: unknown) => {
    // The failure of the restore is told; the state of the server says the rest.
    deps.log.warn({ err: error }, 'the server did not start after a restore was taken back');
  });
}
