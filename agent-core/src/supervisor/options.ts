/** What the supervisor and its parts work with; everything is made outside and handed in. */
import type { Logger } from '@zlh/kernel';
import type { InstanceSpec } from '../contract/spec.ts';
import type { History } from './history.ts';
import type { LaunchOptions } from './launch.ts';
import type { Maintenance } from './maintenance.ts';
import type { MemoryFile } from './memory.ts';
import type { ProbeRegistry } from './readiness.ts';

export interface SupervisorOptions extends LaunchOptions {
  readonly memory: MemoryFile;
  readonly history: History;
  readonly maintenance: Maintenance;
  readonly probes: ProbeRegistry;
  readonly log: Logger;
  /** The installed spec, if any. */
  readonly spec: () => InstanceSpec | undefined;
  readonly changed: () => void;
}
