/**
 * The operation that tells a game something: a line or a typed action. It is sent at most once. When the platform dies
 * while it sends, nobody can know whether the game heard, and the operation says so instead of sending again.
 */
import { ActionResult, longestActionMs, type ActionRequest } from '@zlh/agent';
import type { Agents } from '@zlh/agents';
import { CodedError } from '@zlh/kernel';
import type { Database } from '@zlh/database';
import { problems } from '@zlh/http';
import type { Instances } from '@zlh/instances';
import type { OperationKind } from '@zlh/operations';

interface Use {
  readonly instances: Instances;
  readonly agents: Agents;
  readonly database: Database;
}

/** A line for the console, or an action with its input. */
type Told =
  | { readonly command: string }
  | { readonly action: string; readonly input?: ActionRequest['input'] };

export const tellKind = 'schedules.tell';
/** The agent ends the wait before we do: only it can say that nothing was confirmed. */
const timeoutMs = longestActionMs + 15_000;

export function tellOperation(use: Use): OperationKind<Told> {
  return {
    kind: tellKind,
    label: {
      doing: 'Telling the server',
      done: 'Told the server',
      failed: 'Telling the server failed',
    },
    exclusive: false,
    phases: [
      {
        name: 'tell',
        label: 'Tell',
        async run({ instanceId, input, journal, keep, signal }) {
          if (journal['sent'] === true)
            throw new CodedError(
              'SCHEDULES_TELL_INTERRUPTED',
              'The platform ended while it told the game, so whether the game heard it is not known.',
              'Look at the console.',
            );
          const target = await use.instances.findAgentTarget(use.database.fork(), instanceId!);
          if (target === null)
            throw problems.unavailable('instances.not-placed', 'This instance has no container.');
          await keep({ sent: true });
          if ('command' in input) return use.agents.command(target, input.command);
          await use.agents.request(target, {
            method: 'POST',
            path: `/actions/${input.action}`,
            body: input.input === undefined ? {} : { input: input.input },
            schema: ActionResult,
            timeoutMs,
            signal,
          });
        },
      },
    ],
  };
}
