/** The control groups of this machine, looked at once; says in one sentence whether games have limits. */
import { readFileSync } from 'node:fs';
import type { Logger } from '@zlh/kernel';
import { ControlGroups } from './control-groups.ts';
import { kernelGroupFiles } from './group-files.ts';
import { findOwnGroups } from './own-groups.ts';

export function openControlGroups(owner: string, log: Logger): ControlGroups {
  const read = (path: string) => readFileSync(path, 'utf8');
  const own = findOwnGroups(read('/proc/self/cgroup'), read('/proc/self/mountinfo'));
  const groups = new ControlGroups(kernelGroupFiles, own, owner);
  if (groups.obstacle === null) log.info({ limits: groups.kind }, 'games run within their limits');
  else log.warn({ limits: groups.kind }, groups.obstacle);
  return groups;
}
