/** Writes down what agents say of their instances, and what their silence says. */
import { LockMode } from '@mikro-orm/postgresql';
import type { AgentStatus } from '@zlh/agent';
import type { AgentObserver } from '@zlh/agents';
import type { EntityManager } from '@zlh/database';
import type { Operations } from '@zlh/operations';
import { desiredNow } from './desired.ts';
import type { InstancesService } from './instances.ts';
import { Instance } from './schema.ts';

interface Use {
  readonly instances: InstancesService;
  readonly operations: Operations;
}

interface Seen {
  readonly observed: string;
  readonly ready: boolean;
  readonly since: Date;
  /** Absent: as before. */
  readonly wanted?: boolean | undefined;
}

export function agentObserver(use: Use): AgentObserver {
  const note = async (em: EntityManager, id: string, seen: Seen): Promise<void> => {
    // Whoever begins or ends an operation writes the row, too: with the lock, one of us sees what the other did.
    const instance = await em.findOne(Instance, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (instance === null) return; // deleted while the report was on its way
    const before = { ...instance };
    const { observed, ready, since, wanted = before.wanted ?? null } = seen;
    const operation = (await use.operations.current(em, [id])).get(id);
    Object.assign(instance, { observed, ready, since, wanted });
    instance.desired = desiredNow(instance, operation);
    await em.flush();
    const news = ['observed', 'ready', 'desired'] as const;
    if (news.some((name) => before[name] !== instance[name]))
      await use.instances.changed(em, instance);
  };
  return {
    reported: (em, id, { state, ready, since, wanted }: AgentStatus) =>
      note(em, id, {
        observed: state,
        ready: ready && state === 'running',
        since: plausible(since),
        wanted,
      }),
    silent: (em, id) => note(em, id, { observed: 'unreachable', ready: false, since: new Date() }),
  };
}

/** An agent may say any time, also one that no clock of ours shows or no column holds. */
function plausible(since: string): Date {
  const at = Date.parse(since);
  return at > Date.UTC(2000) && at <= Date.now() ? new Date(at) : new Date();
}
