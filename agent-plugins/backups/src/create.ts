/**
 * `backups.create`: holds the program's saving, copies the declared paths, lets it save again, then
 * sends the copy to the platform. Guarantees: saving goes on whatever happens, and the copy goes away
 * with the operation.
 */
import { readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OperationContext, OperationKind } from '@zlh/agent';
import type { Deps } from './deps.ts';
import { errors } from './errors.ts';
import type { BackupInput } from './index.ts';
import { packed } from './pack.ts';
import { takeSnapshot, type Snapshot } from './snapshot.ts';
import { completeBackup, sendParts } from './transfer.ts';
import { desiredBefore, discardWork, isEnding, wasStopped } from './work.ts';

interface Taken extends Snapshot {
  readonly quiescedMs: number;
}

export function createKind(deps: Deps): OperationKind<BackupInput> {
  return {
    kind: 'backups.create',
    phases: ['snapshot', 'upload'],
    async run(context) {
      const { operationId, input, signal, phase } = context;
      const folder = deps.staging.work(operationId);
      try {
        await deps.saving.resume(); // an agent may have been killed over the snapshot
        signal.throwIfAborted();
        await phase('snapshot', () => snapshot(deps, context, folder));
        await phase('upload', (progress) => upload(deps, input, { folder, signal, progress }));
      } catch (error) {
        // The failure of the backup is told, and a failed start is in the log.
        await startAgain(deps, folder, signal).catch(() => undefined);
        if (!isEnding(signal)) await discardWork(deps.staging, operationId);
        throw error;
      }
      await discardWork(deps.staging, operationId);
    },
  };
}

async function snapshot(
  deps: Deps,
  { input: { rules }, signal, maintain }: OperationContext<BackupInput>,
  folder: string,
): Promise<void> {
  const stage = join(folder, 'tree');
  await rm(stage, { recursive: true, force: true });
  await mkdir(stage, { recursive: true, mode: 0o700 });
  const main = deps.processes.get('main');
  let found: Snapshot | undefined;
  const began = performance.now();
  const copy = async () => {
    found = await takeSnapshot(deps.data, rules, stage, signal);
  };
  const isUp = main.run !== undefined || wasStopped(folder);
  if (main.run !== undefined && !main.ready && !wasStopped(folder)) throw errors.notReady();
  if (!isUp) await copy();
  else if (rules.save !== null) await deps.saving.heldDuring(rules.save, signal, copy);
  else {
    maintain('A backup is being made, for which the server stands still.');
    desiredBefore(folder, main);
    await main.stop(signal);
    await copy();
    await startAgain(deps, folder, signal);
  }
  const quiescedMs = isUp ? Math.round(performance.now() - began) : 0;
  const taken: Taken = { ...found!, quiescedMs };
  await writeFile(join(folder, 'taken.json'), JSON.stringify(taken), { mode: 0o600, flush: true });
}

/**
 * Not when the agent ends: the next one goes on with the operation, and the maintenance keeps the wish.
 */
async function startAgain(
  { processes, log }: Deps,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  if (isEnding(signal)) return;
  const main = processes.get('main');
  if (!wasStopped(folder) || desiredBefore(folder, main) !== 'running') return;
  await main.start(new AbortController().signal).catch((error: unknown) => {
    log.warn({ err: error }, 'the server did not start after its backup');
    throw error;
  });
}

async function upload(
  { platform }: Deps,
  { backupId }: BackupInput,
  at: {
    readonly folder: string;
    readonly signal: AbortSignal;
    readonly progress: (share: number) => void;
  },
): Promise<void> {
  const { folder, signal, progress } = at;
  const taken = JSON.parse(readFileSync(join(folder, 'taken.json'), 'utf8')) as Taken;
  let sent = 0;
  const counted = async function* () {
    for await (const chunk of packed(join(folder, 'tree'), join(folder, 'manifest'), signal)) {
      sent += chunk.length;
      // Compressed bytes of all bytes: too little rather than too much.
      if (taken.bytes > 0) progress(Math.min(0.99, sent / taken.bytes));
      yield chunk;
    }
  };
  const { attempt, parts } = await sendParts(platform, backupId, counted(), signal);
  await completeBackup(platform, backupId, { attempt, parts, ...taken }, signal);
}
