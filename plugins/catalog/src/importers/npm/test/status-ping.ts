/** Asks a server for its status as a server list does: one handshake, one request, one answer. */
import { connect } from 'node:net';

export interface Status {
  readonly version: { readonly name: string; readonly protocol: number };
  readonly players: { readonly max: number; readonly online: number };
  readonly description: unknown;
}

export function statusPing(port: number): Promise<Status> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let received = Buffer.alloc(0);
    socket.setTimeout(5000, () => socket.destroy(new Error('no status within 5 s')));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('closed without a status')));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      const start = received.indexOf('{');
      const text = start < 0 ? '' : received.subarray(start).toString();
      try {
        resolve(JSON.parse(text) as Status);
        socket.destroy();
      } catch {
        // Not all of it is here yet.
      }
    });
    const handshake = Buffer.concat([
      varint(0),
      varint(0),
      text('localhost'),
      Buffer.from([port >> 8, port & 255]),
      varint(1),
    ]);
    socket.write(Buffer.concat([varint(handshake.length), handshake, Buffer.from([1, 0])]));
  });
}

/** Sends bytes to a server as they are, and waits until it closed the connection or a second went by. */
export function sendRaw(port: number, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setTimeout(1000, () => socket.destroy());
    socket.on('error', () => {}); // Refusing is what it should do.
    socket.on('close', () => resolve());
    socket.resume();
  });
}

function text(value: string): Buffer {
  return Buffer.concat([varint(Buffer.byteLength(value)), Buffer.from(value)]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    bytes.push(rest > 127 ? (rest & 127) | 128 : rest);
    if (rest <= 127) return Buffer.from(bytes);
  }
}
