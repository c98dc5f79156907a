/**
 * Which process is at the other end of a connection within this machine, as the system itself says it. A
 * port tells nothing: a game that has not begun to listen yet leaves its port to everybody.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Socket } from 'node:net';

interface Entry {
  readonly localPort: number;
  readonly remotePort: number;
  readonly state: string;
  readonly inode: string;
}

const listening = '0A';

/** True when one of the processes, and nobody else, is at the other end. */
export function isConnectedTo(socket: Socket, pids: readonly number[]): boolean {
  const inodes = farEnd(socketTable(), socket);
  if (inodes.length === 0) return false;
  const held = new Set(pids.flatMap(socketsOf));
  return inodes.every((inode) => held.has(inode));
}

/** The one socket; those that listen there while nobody has accepted the connection. */
function farEnd(table: readonly Entry[], { localPort, remotePort }: Socket): readonly string[] {
  const at = table.filter((entry) => entry.localPort === remotePort);
  const peers = at.filter((entry) => entry.remotePort === localPort);
  if (peers.some(({ inode }) => inode !== '0')) return peers.map(({ inode }) => inode);
  return at.filter(({ state }) => state === listening).map(({ inode }) => inode);
}

function socketTable(): Entry[] {
  return ['tcp', 'tcp6'].flatMap((name) => {
    let text: string;
    try {
      text = readFileSync(`/proc/self/net/${name}`, 'latin1');
    } catch {
      return []; // this kernel has no IPv6
    }
    const lines = text.trim().split('\n').slice(1);
    return lines.map((line) => {
      const [, local = '', remote = '', state = '', , , , , , inode = '0'] = line
        .trim()
        .split(/\s+/);
      return { localPort: portOf(local), remotePort: portOf(remote), state, inode };
    });
  });
}

/** `0100007F:1F90` */
const portOf = (address: string) => Number.parseInt(address.split(':')[1] ?? '', 16);

function socketsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).flatMap((name) => socketAt(`${folder}/${name}`));
  } catch {
    return []; // it has just ended
  }
}

function socketAt(path: string): string[] {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(path))?.slice(1) ?? [];
  } catch {
    return []; // closed meanwhile
  }
}
