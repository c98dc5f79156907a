/** Puts the parts together. */
import type { AgentGround } from '@zlh/agent';
import type { Logger } from '@zlh/kernel';
import type { Parts } from './content/write.ts';
import { Disk } from './disk.ts';
import { Locks } from './locks.ts';
import { Tree } from './tree/tree.ts';
import { Uploads } from './uploads/uploads.ts';
import { Workshop } from './workshop.ts';

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
  const workshop = new Workshop(state, ground.data, log);
  const uploads: Uploads = new Uploads(workshop.uploads, () => parts, { log });
  const disk = new Disk({
    ground,
    state,
    pending: () => uploads.pending,
    cleared: () => workshop.cleared(),
  });
  const parts: Parts = { tree: new Tree(ground), disk, locks: new Locks(), workshop };
  return {
    parts,
    uploads,
    async start() {
      await workshop.begin();
      await uploads.start();
    },
    async sweep() {
      await workshop.sweep((id) => ground.operation(id)?.finishedAt === null);
    },
    async stop() {
      uploads.stop();
      await workshop.close();
    },
  };
}
