/** Puts the parts together. */
import type { AgentGround } from '@zlh/agent';
import { Disk, StagingArea } from '@zlh/agent/fs';
import type { Logger } from '@zlh/kernel';
import type { Parts } from './content/write.ts';
import { Locks } from './locks.ts';
import { Tree } from './tree/tree.ts';
import { Uploads } from './uploads/uploads.ts';

export interface Files {
  readonly parts: Parts;
  readonly uploads: Uploads;
  /** Takes up what an earlier agent left. */
  start(): Promise<void>;
  /** When operations of an earlier agent go on, or do not. */
  sweep(): Promise<void>;
  stop(): Promise<void>;
}

export function makeFiles({ ground, log }: { ground: AgentGround; log: Logger }): Files {
  const state = ground.stateFolder('files');
  const staging = new StagingArea(state, ground.data, log);
  const uploads: Uploads = new Uploads(staging.uploads, () => parts, { log });
  const disk = new Disk({
    ground,
    state,
    pending: () => uploads.pending,
    cleared: () => staging.cleared(),
  });
  const parts: Parts = { tree: new Tree(ground), disk, locks: new Locks(), staging };
  return {
    parts,
    uploads,
    async start() {
      await staging.begin();
      await uploads.start();
    },
    async sweep() {
      await staging.sweep((id) => ground.operation(id)?.finishedAt === null);
    },
    async stop() {
      uploads.stop();
      await staging.close();
    },
  };
}
