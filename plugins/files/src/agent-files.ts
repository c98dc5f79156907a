/**
 * How this plugin speaks to the agent of an instance: who may, where it is, and the trail of what was
 * changed.
 */
import type { Accounts, Audit } from '@zlh/accounts';
import type {
  AgentRequest,
  Agents,
  AgentStream,
  AgentStreamRequest,
  AgentTarget,
} from '@zlh/agents';
import type { Database } from '@zlh/database';
import { Problem, type Identity } from '@zlh/http';
import type { Instances } from '@zlh/instances';
import type { Logger } from '@zlh/kernel';
import type { Operations } from '@zlh/operations';
import { Type, type Static, type TSchema } from 'typebox';

export interface Use {
  readonly instances: Instances;
  readonly agents: Agents;
  readonly operations: Operations;
  readonly database: Database;
  readonly accounts: Accounts;
  readonly audit: Audit;
  readonly log: Logger;
}

export interface Asking {
  readonly params: { readonly id: string };
  readonly identity: Identity;
}

export const instanceParams = Type.Object({ id: Type.String({ format: 'uuid' }) });

/** For the `recheck` of routes whose requests last. */
export const admitted = (
  { instances, database }: Use,
  id: string,
  identity: Identity,
  permission: string,
) => instances.admit(database.fork(), id, identity, permission);

export async function askAgent<S extends TSchema>(
  { instances, agents }: Use,
  { params, identity }: Asking,
  permission: string,
  question: AgentRequest<S>,
): Promise<Static<S>> {
  return agents.request(await instances.agentTarget(params.id, identity, permission), question);
}

/**
 * Bytes for the agent. A body whose sender hung up already is
 * not sent: nobody would ever hear that it ended, and what waits for it would wait for ever.
 */
export async function sendTo(
  agents: Agents,
  target: AgentTarget,
  request: AgentStreamRequest,
): Promise<AgentStream> {
  if (request.body?.destroyed === true)
    throw new Problem(400, 'http.malformed', 'The body did not arrive in full.');
  const sent = {
    ...request,
    headers: { ...request.headers, 'content-type': 'application/octet-stream' },
  };
  return agents.stream(target, sent);
}

/** `?path=world&limit=50`; what is undefined is left out. */
export function queryOf(
  values: Readonly<Record<string, string | number | boolean | undefined>>,
): string {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return `?${new URLSearchParams(entries.map(([name, value]) => [name, String(value)])).toString()}`;
}

/** Who changed what. The agent has done it already: it is written down, whatever happens next. */
export async function record(
  { database, audit }: Use,
  { params, identity }: Asking,
  action: string,
  data: Readonly<Record<string, unknown>>,
): Promise<void> {
  await database.transaction((em) =>
    audit.record(em, {
      action: `files.${action}`,
      actor: identity.label,
      userId: identity.id,
      instanceId: params.id,
      data,
      frequent: true,
    }),
  );
}
