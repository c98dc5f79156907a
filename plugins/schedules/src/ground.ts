/** What running schedules needs, and in whose name they run. */
import type { Contribution, Logger } from '@zlh/kernel';
import type { Accounts } from '@zlh/accounts';
import type { Database } from '@zlh/database';
import type { Events } from '@zlh/events';
import type { Instances } from '@zlh/instances';
import type { Operations } from '@zlh/operations';
import type { Clock, ScheduledAction } from './index.ts';

export interface ClockworkGround {
  readonly database: Database;
  readonly events: Events;
  readonly instances: Instances;
  readonly operations: Operations;
  readonly accounts: Accounts;
  readonly actions: readonly Contribution<ScheduledAction>[];
  readonly clock: Clock | undefined;
  readonly log: Logger;
}

/** Who asked, as people and the audit trail read it. */
export const labelOf = ({ name }: { readonly name: string }) => `schedule "${name}"`;
