/** Answers for a server that nobody can be sent to: one line in the server list, one sentence at a login. */
import type { Route } from '@zlh/routing';
import { packet, text } from './wire.ts';

export interface OfflineAnswer {
  /** In the server list. */
  readonly motd: string;
  /** At a login: why not, and what to do. */
  readonly refusal: string;
}

const unknownHost: OfflineAnswer = {
  motd: 'No server has this name',
  refusal: 'No server has this name. Check the address that you were given.',
};

const byState: Readonly<Record<string, readonly [motd: string, refusal: string]>> = {
  provisioning: ['is being set up', 'is being set up. Try again in a minute.'],
  installing: ['is being set up', 'is being set up. Try again in a minute.'],
  starting: ['is starting', 'is starting. Try again in a moment.'],
  running: ['is starting', 'is starting. Try again in a moment.'],
  asleep: ['is asleep. Join to wake it.', 'is asleep. Ask its owner to start it.'],
  stopping: ['is stopping', 'is stopping. Ask its owner to start it again.'],
  stopped: ['is stopped', 'is stopped. Ask its owner to start it.'],
  crashed: ['has crashed', 'has crashed. Its owner can see why in the portal.'],
};
const anyState = ['cannot be reached', 'cannot be reached. Try again later.'] as const;

/** @param route undefined when no instance has the name */
export function offlineAnswer(route: Route | undefined): OfflineAnswer {
  if (route === undefined) return unknownHost;
  const [motd, refusal] = byState[route.state] ?? anyState;
  return { motd: `${route.name} ${motd}`, refusal: `${route.name} ${refusal}` };
}

export function statusPacket({ motd }: OfflineAnswer, protocol: number): Buffer {
  const status = {
    version: { name: 'offline', protocol },
    players: { max: 0, online: 0 },
    description: { text: motd },
  };
  return packet(0, text(JSON.stringify(status)));
}

/** Every version takes this as the answer to its login. */
export function refusalPacket({ refusal }: OfflineAnswer): Buffer {
  return packet(0, text(JSON.stringify({ text: refusal })));
}

/** The answer to a server list before 1.7: a kick whose text carries the figures. */
export function legacyStatus({ motd }: OfflineAnswer): Buffer {
  const content = ['§1', '127', 'offline', motd.replaceAll('\0', ''), '0', '0'].join('\0');
  const body = Buffer.from(content, 'utf16le').swap16();
  const head = Buffer.alloc(3);
  head.writeUInt8(0xff);
  head.writeUInt16BE(content.length, 1);
  return Buffer.concat([head, body]);
}
