/** For tests of edges and proxies: the server list of a client, and the packets that a client begins with. */
import { connect } from 'node:net';
import { once } from 'node:events';
import { readPacket, readVarint } from '../wire.ts';
import { handshake, statusRequest } from './client-packets.ts';

export { handshake, legacyPing, statusRequest } from './client-packets.ts';

const maxStatusBytes = 1_048_576;

/** Asks a port of this machine as a client's server list does; rejects when the other side hangs up. */
export async function serverList(port: number, host: string): Promise<{ description: unknown }> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    socket.write(Buffer.concat([handshake(host, { intent: 1 }), statusRequest]));
    let received: Buffer = Buffer.alloc(0);
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      received = Buffer.concat([received, chunk]);
      const answer = readPacket(received, maxStatusBytes);
      if (answer === undefined) continue;
      const text = answer.body.toString('utf8', readVarint(answer.body, 0)!.next);
      return JSON.parse(text) as { description: unknown };
    }
    throw new Error('the other side hung up without an answer');
  } finally {
    socket.destroy();
  }
}
