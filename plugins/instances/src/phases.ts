/**
 * The steps that the operations of instances are made of. Each one finds what an earlier run of it did: containers are
 * found by the instance's id, and the agent knows its own operations by ids that are derived from ours.
 */
import type { ArtifactRef } from '@zlh/agent';
import type { AgentJob, AgentTarget } from '@zlh/agents';
import type { ArtifactStore } from '@zlh/artifacts';
import { CodedError, type Contribution } from '@zlh/kernel';
import type { Database } from '@zlh/database';
import { Problem } from '@zlh/http';
import type { PhaseContext, PhaseDefinition } from '@zlh/operations';
import type { Placement, Provider, SpecContributor } from './index.ts';
import { isPortTaken, isRotten } from './agent-errors.ts';
import { refuseHeld } from './holds.ts';
import { keepLastWord } from './last-word.ts';
import { ensureAgentRunning } from './ensure-agent-running.ts';
import { placementRequest, platformUrl, type RequestGround } from './placement-request.ts';
import { Instance, type InstanceRecord } from './schema.ts';
import { composeSpec } from './spec.ts';
import type { Workloads } from './workloads.ts';

export interface PhasesGround extends RequestGround {
  readonly database: Database;
  readonly workloads: Workloads;
  readonly artifactStore: ArtifactStore;
  readonly providers: readonly Contribution<Provider>[];
  readonly specParts: readonly Contribution<SpecContributor>[];
}

// Whatever the operation's input is: nothing here reads it.
type Context = PhaseContext<unknown>;
type Phase = PhaseDefinition<unknown>;
type AgentAction = 'start' | 'stop' | 'restart' | 'kill';

const actionLabels = { start: 'Start', stop: 'Stop', restart: 'Restart', kill: 'Kill' } as const;

const minute = 60_000;
/** Far beyond what honest work takes; what cannot be cancelled must not wait for ever. */
const timeoutsMs = {
  install: 120 * minute,
  start: 60 * minute,
  restart: 60 * minute,
  stop: 15 * minute,
  kill: 2 * minute,
  stopForGood: 3 * minute,
} as const;

const cancelledWithinMs = 10_000;

/** Each time another port; what still finds one taken has another trouble. */
const mostMoves = 3;
/** How often the store is asked to bring in anew what the agent found rotten; it is another trouble then. */
const maxImports = 2;

export type Phases = ReturnType<typeof makePhases>;

export function makePhases(ground: PhasesGround) {
  const { agents, workloads, artifactStore } = ground;

  /** A rebuild takes what is on offer now. */
  const resolve: Phase = {
    name: 'resolve',
    label: 'Choose the newest parts',
    async run(context) {
      await workloads.renew(context.instanceId!, (work) => context.transaction(work));
    },
  };

  /** Brings the artifacts of the spec into the store. */
  const artifacts: Phase = {
    name: 'artifacts',
    label: 'Artifacts',
    async run(context) {
      await bringIn(context);
    },
  };

  const container: Phase = {
    name: 'container',
    label: 'Container',
    async run(context) {
      const instance = await load(context);
      const { ports } = await workloads.of(instance.id);
      const provider = providerOf(instance);
      const { signal, fence } = context;
      const request = await placementRequest(ground, provider, instance, { ports, fence });
      await place(context, await provider.create(request, signal));
    },
    async undo(context) {
      // The instance stays: its creation goes on when it is started, and its deletion removes what is there.
      const { again } = context.input as { readonly again?: true };
      if (again === true || context.supersededBy !== null) return;
      const instance = await load(context);
      await context.checkOwnership();
      await providerOf(instance).remove(instance.id, context.signal);
      await place(context, null);
    },
  };

  /** The container runs, and its agent answers. */
  const agent: Phase = {
    name: 'agent',
    label: 'Agent',
    async run(context) {
      const instance = await load(context);
      const provider = providerOf(instance);
      const { signal, fence } = context;
      const wanted = await placementRequest(ground, provider, instance, { fence });
      const placement = await ensureAgentRunning(agents, {
        instanceId: instance.id,
        platformUrl: wanted.platformUrl,
        signal,
        ensureRunning: () => provider.ensureRunning(wanted, placed(instance), signal),
      });
      await place(context, placement);
    },
  };

  /** The same for what may have no container: nothing runs there either. */
  const agentWherePlaced: Phase = {
    name: 'agent',
    label: 'Agent',
    async run(context) {
      if ((await load(context)).placement !== null) await agent.run(context);
    },
  };

  /** The agent downloads, checks and unpacks. */
  const install: Phase = {
    name: 'install',
    label: 'Install',
    run: (context) => configure(context, 'install'),
    undo: (context) => undoWork(context, 'install'),
  };

  /**
   * One of the agent's own actions, through to its end: `start` ends when the server is ready. Where somebody else has
   * taken one of its ports meanwhile, it gets another one, and is started there.
   */
  function act(action: AgentAction): Phase {
    return {
      name: action,
      label: actionLabels[action],
      async run(context) {
        for (let moves = movesOf(context); ; moves++) {
          try {
            return await perform(context, moves === 0 ? action : 'start', nameOf(action, moves));
          } catch (error) {
            if (moves === mostMoves || !isPortTaken(error)) throw error;
            if (!(await moveAway(context, moves + 1))) throw error;
            await context.keep({ [movesKey(context)]: moves + 1 });
          }
        }
      },
      undo: (context) => undoWork(context, nameOf(action, movesOf(context))),
    };
  }

  /** Ends the game gracefully where an agent can still be asked, and leaves nothing of the container. */
  const remove: Phase = {
    name: 'remove',
    label: 'Remove',
    async run(context) {
      const instance = await load(context);
      await context.checkOwnership();
      await providerOf(instance).remove(instance.id, context.signal);
    },
  };

  const stopForGood: Phase = {
    name: 'stop',
    label: 'Stop',
    async run(context) {
      const instance = await load(context);
      if (instance.placement === null) return;
      const target = targetOf(instance);
      try {
        await agents.run(context, {
          target: async () => target,
          name: 'stop',
          timeoutMs: timeoutsMs.stopForGood,
          submit: (at, id) => agents.act(at, 'stop', id),
        });
      } catch (error) {
        // It is to be deleted anyway: an agent that is gone, never got a spec or cannot stop its game does not keep it alive.
        if (context.signal.aborted) throw error;
        context.log.info({ err: error }, 'deleting without a graceful stop');
      }
    },
  };

  /** See `Instances.agentOf`. */
  function agentOf(context: Context): Required<Pick<AgentJob, 'target' | 'revive'>> {
    return {
      target: async () => targetOf(await load(context)),
      revive: () => restartAgent(context),
    };
  }

  return {
    resolve,
    artifacts,
    container,
    agent,
    agentWherePlaced,
    install,
    act,
    remove,
    stopForGood,
    agentOf,
    configure,
    undoWork,
  };

  async function load({ instanceId }: Context): Promise<InstanceRecord> {
    return ground.database.fork().findOneOrFail(Instance, { id: instanceId! });
  }

  function providerOf({ provider }: InstanceRecord): Provider {
    const found = ground.providers.find(({ value }) => value.id === provider);
    if (found !== undefined) return found.value;
    throw new CodedError(
      'INSTANCES_NO_PROVIDER',
      `The provider "${provider}" of this instance is not enabled.`,
      'Enable it in config/platform.ts and retry.',
    );
  }

  /** It may come up at another port, where its own was taken meanwhile. */
  async function restartAgent(context: Context): Promise<AgentTarget> {
    await agent.run(context);
    return targetOf(await load(context));
  }

  async function perform(context: Context, action: AgentAction, name: string): Promise<void> {
    const instance = await load(context);
    const isEnd = action === 'stop' || action === 'kill';
    // A retry asks nobody else, and a hold may have come after the request.
    if (!isEnd) await refuseHeld(ground.database.fork(), instance.id);
    if (isEnd && instance.placement === null) return; // nothing runs where nothing is
    try {
      await agents.run(context, {
        ...agentOf(context),
        name,
        timeoutMs: timeoutsMs[action],
        submit: (at, id) => agents.act(at, action, id),
      });
    } catch (error) {
      const nothingInstalled = (error as { code?: unknown }).code === 'AGENT_NOT_INSTALLED';
      if (!nothingInstalled) throw error;
      if (!isEnd) throw notInstalled();
    } finally {
      await keepLastWord(agents, context, () => load(context));
    }
  }

  function partsOf({ id }: InstanceRecord) {
    const em = ground.database.fork();
    return Promise.all(ground.specParts.map(({ value }) => value.part(em, id)));
  }

  async function bringIn(context: Context): Promise<readonly ArtifactRef[]> {
    const instance = await load(context);
    const { artifacts: own } = await workloads.of(instance.id);
    const ofParts = (await partsOf(instance)).flatMap(({ artifacts: wanted }) => wanted);
    return artifactStore.ensure([...own, ...ofParts], context);
  }

  /**
   * The spec as it is to be now, installed by the agent: see `Instances.configure`. Artifacts that the agent
   * finds rotten or gone are checked in the store and brought in anew, before the agent is asked again.
   */
  async function configure(context: Context, name: string): Promise<void> {
    for (let imports = importsOf(context, name); ; imports++) {
      const artifactRefs = await bringIn(context);
      try {
        return await installWith(context, againName(name, imports), artifactRefs);
      } catch (error) {
        if (imports === maxImports || !isRotten(error)) throw error;
        context.log.warn({ err: error }, 'an artifact is damaged: it is brought in again');
        for (const { sha256 } of artifactRefs) await artifactStore.verify(sha256);
        await context.keep({ [importsKey(context, name)]: imports + 1 });
      }
    }
  }

  async function installWith(
    context: Context,
    name: string,
    artifactRefs: readonly ArtifactRef[],
  ): Promise<void> {
    const instance = await load(context);
    const spec = composeSpec({
      instance,
      workload: await workloads.of(instance.id),
      placement: placed(instance),
      artifacts: artifactRefs,
      managedFiles: (await partsOf(instance)).flatMap(({ managedFiles }) => managedFiles),
      platformUrl: await platformUrl(agents, providerOf(instance)),
    });
    await agents.run(context, {
      ...agentOf(context),
      name,
      timeoutMs: timeoutsMs.install,
      submit: (at, id) =>
        agents.configure(at, id, spec).catch(async (error: unknown) => {
          const foreign = await foreignRevision(context, error);
          if (foreign === undefined) throw error;
          context.log.warn({ revision: foreign }, 'the agent has a revision that is not ours');
          return agents.configure(at, id, spec, foreign);
        }),
    });
  }

  /** The installed revision, where this platform never gave it out: a foreign spec must not keep it out. */
  async function foreignRevision(context: Context, error: unknown): Promise<number | undefined> {
    if (!(error instanceof Problem) || error.code !== 'AGENT_REVISION_OLD') return undefined;
    const installed = error.members['installed'];
    const { revision } = await load(context);
    return typeof installed === 'number' && installed > revision ? installed : undefined;
  }

  /** False where the provider knows of no other ports. */
  async function moveAway(context: Context, move: number): Promise<boolean> {
    const instance = await load(context);
    const provider = providerOf(instance);
    if (provider.renumber === undefined) return false;
    context.log.info('a port of the server is in use by another program: it gets another one');
    // Its agent may be about to start it again by itself.
    await perform(context, 'stop', `stop ${move}`);
    const { signal, fence } = context;
    const wanted = await placementRequest(ground, provider, instance, { fence });
    await place(context, await provider.renumber(wanted, signal));
    await configure(context, `install ${move}`);
    return true;
  }

  async function place(context: Context, placement: Placement | null): Promise<void> {
    await context.transaction(async (em) => {
      const instance = await em.findOneOrFail(Instance, { id: context.instanceId! });
      const before = JSON.stringify(instance.placement?.ports);
      if (before !== undefined && before !== JSON.stringify(placement?.ports))
        instance.revision += 1;
      instance.placement = placement;
    });
  }

  async function undoWork(context: Context, name: string): Promise<void> {
    const instance = await load(context);
    const last = againName(name, importsOf(context, name));
    if (instance.placement === null) return;
    const target = targetOf(instance);
    // An agent that stays away is not waited for long: it may never have come up.
    if (await agents.cancelRun(context, { name: last, target, timeoutMs: cancelledWithinMs }))
      return;
    context.log.warn({ work: last }, 'the agent could not be told that its work is not wanted');
  }
}

/** How often this attempt has given the server other ports. */
function movesOf(context: Context): number {
  return Number(context.journal[movesKey(context)] ?? 0);
}

/** How often this attempt has had the artifacts brought in anew for that work. */
function importsOf(context: Context, name: string): number {
  return Number(context.journal[importsKey(context, name)] ?? 0);
}

const importsKey = ({ attempt }: Context, name: string) => `imports ${attempt} ${name}`;
const againName = (name: string, imports: number) =>
  imports === 0 ? name : `${name}, imported again ${imports}`;

const movesKey = ({ attempt }: Context) => `moves ${attempt}`;
const nameOf = (action: AgentAction, moves: number) => (moves === 0 ? action : `start ${moves}`);

const notInstalled = () =>
  new CodedError(
    'INSTANCES_NOT_INSTALLED',
    'Nothing is installed in the container of this instance: it was lost and made anew, or its creation never ended.',
    'Rebuild the instance: game and mods are installed again. Worlds and files come back from a backup only.',
  );

function targetOf(instance: InstanceRecord): AgentTarget {
  return { instanceId: instance.id, url: placed(instance).agentUrl };
}

function placed({ placement }: InstanceRecord): Placement {
  if (placement !== null && placement !== undefined) return placement;
  throw new CodedError(
    'INSTANCES_NOT_PLACED',
    'This instance has no container.',
    'Retry its creation, or delete it.',
  );
}
