/** What can be scheduled without any other plugin: start, stop, restart, a line for the console, a typed action. */
import { actionInputFaults, ActionName, ActionRequest, ConsoleCommandRequest } from '@zlh/agent';
import type { Agents } from '@zlh/agents';
import type { Database, EntityManager } from '@zlh/database';
import { Problem, problems } from '@zlh/http';
import type { InstanceFacts, Instances } from '@zlh/instances';
import type { Operations } from '@zlh/operations';
import { visibleText } from '@zlh/kernel';
import { Type } from 'typebox';
import { scheduledAction, type ScheduledAction, type ScheduledRun } from './index.ts';
import { sayTo } from './say.ts';
import { tellKind } from './tell.ts';

export interface ActionsUse {
  readonly instances: Instances;
  readonly operations: Operations;
  readonly agents: Agents;
  readonly database: Database;
}

const closed = { additionalProperties: false } as const;
const nothing = Type.Object({}, closed);
const control = 'instances.control';

const warnings = {
  warnMinutes: Type.Array(Type.Integer({ minimum: 1, maximum: 60 }), {
    maxItems: 10,
    uniqueItems: true,
    default: [],
    description: 'Minutes before it at which players are told.',
  }),
  message: Type.String({
    minLength: 1,
    maxLength: 150,
    ...visibleText,
    default: 'The server restarts in {minutes} min.',
    description: 'What they are told; {minutes} is what is left.',
  }),
};

export const ownActions = [startAction, stopAction, restartAction, commandAction, typedAction];

function startAction(use: ActionsUse): ScheduledAction {
  return scheduledAction({
    kind: 'start',
    title: 'Start the server',
    input: nothing,
    permission: control,
    async run(em, { instance, identity }) {
      const { desired, ready } = await use.instances.get(instance.id, identity);
      if (desired === 'running' && ready) return { skipped: 'The server runs already.' };
      return use.instances.begin(em, instance.id, 'start', identity);
    },
  });
}

function stopAction(use: ActionsUse): ScheduledAction {
  return scheduledAction({
    kind: 'stop',
    title: 'Stop the server',
    input: Type.Object(
      { ...warnings, message: textOf('The server stops in {minutes} min.') },
      closed,
    ),
    permission: control,
    warnings: warn(use),
    run: (em, run) => whileWanted(use, run, () => begin(use, 'stop', em, run)),
  });
}

function restartAction(use: ActionsUse): ScheduledAction {
  return scheduledAction({
    kind: 'restart',
    title: 'Restart the server',
    input: Type.Object(warnings, closed),
    permission: control,
    warnings: warn(use),
    run: (em, run) => whileWanted(use, run, () => begin(use, 'restart', em, run)),
  });
}

const textOf = (text: string) => ({ ...warnings.message, default: text });

const begin = (
  { instances }: ActionsUse,
  action: 'stop' | 'restart',
  em: EntityManager,
  { instance, identity }: ScheduledRun<unknown>,
) => instances.begin(em, instance.id, action, identity);

/** Who has stopped their server does not want it started at night by its restart. */
async function whileWanted<T>(
  use: ActionsUse,
  { instance, identity }: ScheduledRun<unknown>,
  work: () => Promise<T>,
): Promise<T | { skipped: string }> {
  const { desired } = await use.instances.get(instance.id, identity);
  return desired === 'running' ? work() : { skipped: 'The server is stopped.' };
}

interface Warned {
  readonly warnMinutes: readonly number[];
  readonly message: string;
}

function warn(use: ActionsUse): NonNullable<ScheduledAction['warnings']> {
  return {
    minutes: (input) => (input as unknown as Warned).warnMinutes,
    async tell({ instance, input, identity }, minutesLeft) {
      const { ready } = await use.instances.get(instance.id, identity);
      if (!ready) return; // nobody is there to be told
      const { message } = input as unknown as Warned;
      await sayTo(use, instance.id, message.replaceAll('{minutes}', String(minutesLeft)));
    },
  };
}

/** Starts an operation, so that people see it and the game is told once. */
const tell = (
  { operations }: ActionsUse,
  em: EntityManager,
  title: string,
  { instance, identity, input }: ScheduledRun<Record<string, unknown>>,
) =>
  operations.start(em, {
    kind: tellKind,
    title: `${title} for ${instance.name}`,
    instanceId: instance.id,
    ownerId: instance.ownerId,
    requestedBy: identity.label,
    input,
  });

function commandAction(use: ActionsUse): ScheduledAction {
  return scheduledAction({
    kind: 'command',
    title: 'Send a line to the console',
    input: ConsoleCommandRequest,
    permission: 'instances.console',
    run: (em, run) => tell(use, em, 'Sending a command', run),
  });
}

function typedAction(use: ActionsUse): ScheduledAction {
  return scheduledAction({
    kind: 'action',
    title: 'Tell the game something by a typed action',
    input: Type.Object({ action: ActionName, input: ActionRequest.properties.input }, closed),
    permission: 'instances.actions',
    check: ({ action, input = {} }, instance) => checkAction(use, instance, action, input),
    run: (em, run) => tell(use, em, `Action "${run.input.action}"`, run),
  });
}

/** As the agent will check it, so that a slip is seen by whoever makes it and not at four in the morning. */
async function checkAction(
  { instances }: ActionsUse,
  instance: InstanceFacts,
  name: string,
  input: NonNullable<ActionRequest['input']>,
): Promise<void> {
  const workload = await instances.workload(instance.id).catch(whenOffered);
  if (workload === null) return; // what its agent knows is seen when it runs
  const { actions = {} } = workload.spec;
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  const faults =
    action === undefined
      ? [{ path: '/action', message: unknownAction(Object.keys(actions)) }]
      : actionInputFaults(action, input).map(({ path, message }) => ({
          path: `/input${path}`,
          message,
        }));
  if (faults.length > 0)
    throw problems.invalid(
      faults.map(({ path, message }) => ({ path: `/action/input${path}`, message })),
    );
}

const unknownAction = (known: readonly string[]) =>
  known.length === 0
    ? 'must not be given: this game has none'
    : `must be one of ${known.join(', ')}`;

/** Null for an instance of an earlier release whose version is not on offer any more. */
function whenOffered(error: unknown): null {
  if (error instanceof Problem && error.status === 422) return null;
  throw error;
}
