/**
 * OpenTTD 12 and later: the game info that clients ask for over TCP before they join. Its shape grew with versions
 * 1 to 7, each of which put its members before those of the earlier ones.
 */
import { connect } from 'node:net';
import type { Players } from '@zlh/agent';
import type { Query } from './query.ts';
import { Reader, readOrNothing } from './reader.ts';

const ASK = Buffer.from([3, 0, 7]);
const INFO = 6;
const MOST_BYTES = 32_768;

export const queryOpenttd: Query = (host, port, signal) => {
  const { promise, resolve, reject } = Promise.withResolvers<Players | null>();
  const socket = connect({ host, port, signal });
  let answer = Buffer.alloc(0);
  socket.on('connect', () => socket.write(ASK));
  socket.on('data', (bytes) => {
    answer = Buffer.concat([answer, bytes]);
    const length = answer.length < 2 ? Infinity : answer.readUInt16LE(0);
    if (answer.length < Math.min(length, MOST_BYTES)) return;
    try {
      resolve(playersIn(answer));
    } catch (error) {
      reject(error);
    }
    socket.destroy();
  });
  socket.on('error', reject);
  socket.on('close', () => reject(new Error('the server hung up before it answered')));
  return promise;
};

function playersIn(answer: Buffer): Players | null {
  if (answer[2] !== INFO) throw new Error('the server is not ready to tell about its game');
  return readOrNothing(() => readInfo(new Reader(answer, 3)));
}

function readInfo(reader: Reader): Players {
  const version = reader.byte();
  if (version >= 7) reader.take(8); // ticks
  const graphics = version >= 6 ? reader.byte() : 0;
  if (version >= 5) {
    reader.take(4);
    reader.text(); // game script
  }
  if (version >= 4) {
    for (let count = reader.byte(); count > 0; count--) skipGraphics(reader, graphics);
  }
  if (version >= 3) reader.take(8); // dates
  if (version >= 2) reader.take(3); // companies
  reader.text(); // name
  reader.text(); // revision
  if (version < 6) reader.byte(); // language
  reader.byte(); // password
  const max = reader.byte();
  return { online: reader.byte(), max };
}

/** By id and hash, with its name as well, or by a number in a table. */
function skipGraphics(reader: Reader, kind: number): void {
  reader.take(kind === 2 ? 4 : 20);
  if (kind === 1) reader.text();
}
