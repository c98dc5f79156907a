/** Writes down what agents say of their instances, and what their silence says. */
import type { AgentStatus } from '@zlh/agent';
import type { AgentObserver } from '@zlh/agents';
import type { EntityManager } from '@zlh/database';
import type { InstancesService } from './instances.ts';
import { Instance } from './schema.ts';

export function agentObserver(use: { readonly instances: InstancesService }): AgentObserver {
  const note = async (
    em: EntityManager,
    id: string,
    observed: string,
    ready: boolean,
    since: Date,
  ): Promise<void> => {
    const instance = await em.findOne(Instance, { id });
    if (instance === null) return; // deleted while the report was on its way
    const before = { observed: instance.observed, ready: instance.ready };
    instance.observed = observed;
    instance.ready = ready;
    instance.since = since;
    await em.flush();
    if (before.observed !== observed || before.ready !== ready)
      await use.instances.changed(em, instance);
  };
  return {
    reported: (em, id, { state, ready, since }: AgentStatus) =>
      note(em, id, state, ready && state === 'running', plausible(since)),
    silent: (em, id) => note(em, id, 'unreachable', false, new Date()),
  };
}

/** An agent may say any time, also one that no clock of ours shows or no column holds. */
function plausible(since: string): Date {
  const at = Date.parse(since);
  return at > Date.UTC(2000) && at <= Date.now() ? new Date(at) : new Date();
}
