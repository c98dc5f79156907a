/** Writes down what agents say of their instances, and what their silence says. */
import { LockMode } from '@mikro-orm/postgresql';
import type { AgentStatus } from '@zlh/agent';
import type { AgentObserver } from '@zlh/agents';
import type { EntityManager } from '@zlh/database';
import type { Operations } from '@zlh/operations';
import { reported, type Seen } from './desired.ts';
import type { InstancesService } from './instances.ts';
import { Instance } from './schema.ts';
import { seenIn } from './seen.ts';

interface Use {
  readonly instances: InstancesService;
  readonly operations: Operations;
}

export function agentObserver(use: Use): AgentObserver {
  const note = async (em: EntityManager, id: string, seen: Seen): Promise<void> => {
    // Whoever begins or ends an operation writes the row, too: with the lock, one of us sees what the other did.
    const instance = await em.findOne(Instance, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (instance === null) return; // deleted while the report was on its way
    const before = { ...instance };
    reported(instance, seen, (await use.operations.current(em, [id])).get(id));
    await em.flush();
    const news = ['observed', 'ready', 'desired'] as const;
    if (news.some((name) => before[name] !== instance[name]))
      await use.instances.changed(em, instance);
  };
  return {
    onStatusChange: (em, id, status: AgentStatus) => note(em, id, seenIn(status)),
    onUnreachable: (em, id) =>
      note(em, id, { observed: 'unreachable', ready: false, since: new Date() }),
  };
}
