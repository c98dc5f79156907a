/**
 * How the platform reaches an agent: at the address of its target, with the key that the two share. All
 * three ways to ask an agent go through here: the client's pools, transfers, and WebSockets.
 */
import type { OnReadOpts, Socket } from 'node:net';
import { connected, connectToPeer, sharedKey } from '@zlh/kernel';
import type { buildConnector } from 'undici';
import type { AgentTarget } from './index.ts';

/** How long an agent may take to be there and to prove itself. */
export const connectMs = 3000;

export class AgentConnections {
  readonly #tokenFor: (instanceId: string) => string;

  constructor(tokenFor: (instanceId: string) => string) {
    this.#tokenFor = tokenFor;
  }

  authorization({ instanceId }: AgentTarget): string {
    return `Bearer ${this.#tokenFor(instanceId)}`;
  }

  connect({ instanceId, url }: AgentTarget, onread?: OnReadOpts): Socket {
    const key = () => sharedKey(this.#tokenFor(instanceId));
    const more = onread === undefined ? {} : { onread };
    return connectToPeer(url, { identity: instanceId, key, ...more });
  }

  /** For undici, whose origins are those of `originOf`. */
  readonly connector: buildConnector.connector = ({ hostname }, done) => {
    const socket = this.connect(targetOf(hostname));
    const late = setTimeout(
      () => socket.destroy(new Error('the agent was not there in time')),
      connectMs,
    );
    const settle = (error: Error | null) => {
      clearTimeout(late);
      socket.off('error', settle);
      socket.off(connected(socket), settled);
      if (error === null) done(null, socket);
      else done(error, null);
    };
    const settled = () => settle(null);
    socket.once('error', settle).once(connected(socket), settled);
  };
}

/** The pools keep connections by origin, so it holds the whole target. No name server is asked for it. */
export function originOf({ instanceId, url }: AgentTarget): string {
  return `http://${instanceId}.${Buffer.from(url).toString('hex')}.agent`;
}

function targetOf(hostname: string): AgentTarget {
  const [instanceId = '', address = ''] = hostname.split('.');
  return { instanceId, url: Buffer.from(address, 'hex').toString() };
}
