/** The capabilities and folders that backups work with. */
import type { ActionRunner, DataFolder, PlatformLink, Processes } from '@zlh/agent';
import type { StagingArea } from '@zlh/agent/fs';
import type { Logger } from '@zlh/kernel';
import type { Saving } from './saving.ts';

export interface Deps {
  readonly data: DataFolder;
  readonly actions: ActionRunner;
  readonly processes: Processes;
  readonly platform: PlatformLink;
  readonly staging: StagingArea;
  readonly saving: Saving;
  readonly log: Logger;
}
