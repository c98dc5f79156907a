/** Connecting to a peer, see `address.ts`. What goes wrong, at once or later, the socket says by its event `error`. */
import { connect, Socket, type OnReadOpts } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { peerAddress } from './address.ts';
import { openPrivateFolder } from './private-folder.ts';
import { clientTls } from './shared-key.ts';

export interface PeerConnection {
  /** Who we are to the peer, and the key that we share with it; not used within one machine. */
  readonly identity: string;
  readonly key: () => Buffer;
  readonly onread?: OnReadOpts;
}

/** The event that says that the peer is there, and is who it should be. */
export const connected = (socket: Socket) =>
  'getPeerCertificate' in socket ? 'secureConnect' : 'connect';

export function connectToPeer(address: string, { identity, key, onread }: PeerConnection): Socket {
  try {
    const peer = peerAddress(address);
    const reading = onread === undefined ? {} : { onread };
    if (peer.kind === 'unix') return connectToUnix(peer.path, onread);
    const { host, port } = peer;
    // Loaded when it is needed: it takes 4 MB, and most agents live on the machine of their platform.
    const tls = process.getBuiltinModule('node:tls');
    const options = { host, port, ...clientTls(identity, key()), ...reading };
    return tls.connect(options).setNoDelay(true);
  } catch (error) {
    return broken(error as Error);
  }
}

/** To a socket in a folder of the own user. Its path may be of any length. */
export function connectToUnix(path: string, onread?: OnReadOpts): Socket {
  let folder;
  try {
    folder = openPrivateFolder(dirname(path));
  } catch (error) {
    return broken(error as Error);
  }
  const { path: at, close } = folder;
  const socket = connect({
    path: join(at, basename(path)),
    ...(onread === undefined ? {} : { onread }),
  });
  socket.once('connect', close).once('error', close).once('close', close);
  return socket;
}

function broken(error: Error): Socket {
  return new Socket().destroy(error); // which it says a moment later
}
