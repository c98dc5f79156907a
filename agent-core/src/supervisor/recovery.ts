/**
 * What an earlier agent left: a game that runs, one that ended meanwhile, a machine that went down under it, or
 * nothing. Finds it out and cleans up; what follows from it is the supervisor's to decide.
 */
import type { Logger } from '@zlh/kernel';
import { bootId } from '@zlh/kernel/process-id';
import type { ControlGroups } from '../process/groups/control-groups.ts';
import { killRun } from '../process/tree.ts';
import type { Isolation } from '../sandbox/isolation.ts';
import type { ShimRecord } from '../shim/launch.ts';
import { readExitRecord } from '../shim/start.ts';
import type { RunEnd } from './classify.ts';
import { findLiveShim, settleRun } from './game-run.ts';
import type { RunMemory } from './memory.ts';

export type Left =
  | { readonly what: 'nothing' }
  | { readonly what: 'running'; readonly shim: ShimRecord }
  /** `at`: when, by the wall clock; undefined when nobody saw it. */
  | { readonly what: 'ended'; readonly end: RunEnd; readonly at: string | undefined }
  /** Not the server's fault. */
  | { readonly what: 'machine-went-down' };

interface Options {
  readonly runDir: string;
  readonly groups: ControlGroups;
  readonly isolation: Pick<Isolation, 'marked'>;
  readonly log: Logger;
}

/** Resolves when nothing of ours lives but what it answers. */
export async function findLeft(run: RunMemory | null, options: Options): Promise<Left> {
  const { runDir, groups, isolation, log } = options;
  await sweep(groups, run, log);
  if (run === null) return { what: 'nothing' };
  const shim = await findLiveShim(runDir, run.id);
  if (shim !== undefined) return { what: 'running', shim };
  const exit = readExitRecord(runDir, run.id);
  const group = groupOf(run, groups);
  const end = await settleRun({ marked: isolation.marked(run.id), leader: null, group }, exit, log);
  // However orderly it ended: a machine that goes down asks its processes first.
  if (run.bootId !== bootId()) return { what: 'machine-went-down' };
  return { what: 'ended', end, at: exit?.at };
}

export function groupOf({ group }: RunMemory, groups: ControlGroups) {
  return group === undefined || group === null ? undefined : groups.at(group);
}

/** Groups whose run no agent remembers, with all that is in them. */
async function sweep(groups: ControlGroups, run: RunMemory | null, log: Logger): Promise<void> {
  for (const group of groups.left(run?.group ?? null)) {
    await killRun({ id: 'of a forgotten group', users: [] }, null, () => group.members());
    const removed = await group.remove();
    log.info({ group: group.folders.memory, removed }, 'found a control group of an earlier run');
  }
  groups.removeDeserted();
}
