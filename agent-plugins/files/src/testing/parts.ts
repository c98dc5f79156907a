/** For tests: the parts of the plugin on a folder of their own, without an agent. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentGround } from '@zlh/agent';
import { Disk, StagingArea } from '@zlh/agent/fs';
import type { Logger } from '@zlh/kernel';
import type { Parts } from '../content/write.ts';
import { Locks } from '../locks.ts';
import { Tree } from '../tree/tree.ts';

export const silent = { warn() {}, debug() {} } as unknown as Logger;

export interface TestParts extends Disposable {
  readonly home: string;
  readonly ground: AgentGround;
  readonly parts: Parts;
  /** Absolute path of something in the instance's folder. */
  at(path: string): string;
}

/** `made`: a tree to whose folder something happens at certain moments. */
export function testParts(made: new (ground: AgentGround) => Tree = Tree): TestParts {
  const home = mkdtempSync(join(tmpdir(), 'zlh-files-'));
  const [data, state] = [join(home, 'data'), join(home, 'state')];
  for (const path of [data, state]) mkdirSync(path);
  const ground = { data, owner: null, spec: undefined, disk: null } as unknown as AgentGround;
  const staging = new StagingArea(state, data, silent);
  const disk = new Disk({
    ground,
    state,
    pending: () => ({ size: 0, arrived: 0 }),
    cleared: () => staging.cleared(),
  });
  return {
    home,
    ground,
    parts: { tree: new made(ground), disk, locks: new Locks(), staging },
    at: (path) => join(data, path),
    [Symbol.dispose]: () => rmSync(home, { recursive: true }),
  };
}
