/**
 * Who an agent is. Its token is derived from the instance's id with the platform's master key: the platform stores no
 * token, a stolen one opens a single instance, and one of a deleted instance opens nothing.
 */
import { timingSafeEqual } from 'node:crypto';
import type { Database, Vault } from '@zlh/database';
import { peerIdentity } from '@zlh/kernel';
import { problems, type Authenticator, type Identity } from '@zlh/http';

const connections = new WeakSet<object>();

/** Of the agents' own listener: an agent is believed nowhere else. */
export function markAsAgent(socket: object): void {
  connections.add(socket);
}

/** Over a network the peer has proved whose agent it is, and speaks for that instance only. */
function isAgentConnection(socket: object, instanceId: string): boolean {
  const proved = peerIdentity(socket);
  return connections.has(socket) && (proved === undefined || proved === instanceId);
}

const shape = /^Bearer zla_([0-9a-f-]{36})\.([A-Za-z0-9_-]{43})$/;

export function tokenFor(vault: Vault, instanceId: string): string {
  return `zla_${instanceId}.${vault.derive('agents.token', instanceId)}`;
}

export function agentAuthenticator(use: {
  readonly database: Database;
  readonly vault: Vault;
}): Authenticator {
  return {
    async authenticate({ headers: { authorization }, raw }) {
      if (authorization?.startsWith('Bearer zla_') !== true) return null;
      const [, instanceId, given] = shape.exec(authorization) ?? [];
      const wrong = problems.unauthenticated('This agent token is not valid.');
      if (instanceId === undefined || given === undefined) throw wrong;
      if (!isAgentConnection(raw.socket, instanceId)) throw wrong;
      const right = use.vault.derive('agents.token', instanceId);
      if (!timingSafeEqual(Buffer.from(given), Buffer.from(right))) throw wrong;
      const enrolled = await use.database
        .fork()
        .execute<unknown[]>('select instance_id from agents_agent where instance_id = ?', [
          instanceId,
        ]);
      if (enrolled.length === 0) throw wrong;
      return agentIdentity(instanceId);
    },
  };
}

function agentIdentity(instanceId: string): Identity {
  return {
    kind: 'agent',
    id: instanceId,
    label: `agent of ${instanceId}`,
    administrator: false,
    can: () => false,
  };
}
