/** A conversation over UDP: what is sent, and the answers one after the other, until the signal aborts. */
import { createSocket } from 'node:dgram';

export interface Conversation {
  send(bytes: Uint8Array): void;
  /** The next answer that `fits`; others are dropped. */
  answer(fits: (bytes: Buffer) => boolean): Promise<Buffer>;
}

/** Connected, so that only answers of the server itself arrive and a closed port is told at once. */
export async function converse<T>(
  host: string,
  port: number,
  signal: AbortSignal,
  talk: (conversation: Conversation) => Promise<T>,
): Promise<T> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const failed = Promise.withResolvers<never>();
  const abort = () => failed.reject(new Error('no answer'));
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  socket.on('error', (error) => failed.reject(error));
  const conversation: Conversation = {
    send: (bytes) => socket.send(bytes),
    answer: (fits) =>
      new Promise((resolve) => {
        const hear = (bytes: Buffer) => {
          if (!fits(bytes)) return;
          socket.off('message', hear);
          resolve(bytes);
        };
        socket.on('message', hear);
      }),
  };
  const connected = new Promise<void>((resolve) => socket.once('connect', resolve));
  try {
    socket.connect(port, host);
    await Promise.race([connected, failed.promise]);
    return await Promise.race([talk(conversation), failed.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
    socket.close();
  }
}
