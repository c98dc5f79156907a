/**
 * Teeworlds 0.7: first a token, which proves to the server that our address is not forged, then the question of its
 * server browser.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { converse } from './datagrams.ts';
import type { Query } from './query.ts';
import { Reader, readOrNothing } from './reader.ts';

const CONTROL = 0x04;
const CONNECTIONLESS = 0x21;
const TOKEN_MESSAGE = 5;
/** Asking must cost as much as the answer, so that nobody is flooded through a server. */
const TOKEN_REQUEST_BYTES = 512;
const QUESTION = Buffer.from([0xff, 0xff, 0xff, 0xff, ...Buffer.from('gie3')]);
const INFO = Buffer.from([0xff, 0xff, 0xff, 0xff, ...Buffer.from('inf3')]);

export const queryTeeworlds: Query = (host, port, signal) =>
  converse(host, port, signal, async ({ send, answer }) => {
    const own = randomBytes(4);
    const granted = answer(
      (bytes) =>
        bytes.length >= 12 &&
        bytes[0] === CONTROL &&
        bytes.subarray(3, 7).equals(own) &&
        bytes[7] === TOKEN_MESSAGE,
    );
    send(tokenRequest(own));
    const token = (await granted).subarray(8, 12);
    const number = randomInt(1, 63);
    const told = answer(
      (bytes) => bytes[0] === CONNECTIONLESS && bytes.subarray(9, 17).equals(INFO),
    );
    send(
      Buffer.concat([Buffer.from([CONNECTIONLESS]), token, own, QUESTION, Buffer.from([number])]),
    );
    const info = await told;
    return readOrNothing(() => playersIn(info, number));
  });

function tokenRequest(own: Buffer): Buffer {
  const head = Buffer.from([CONTROL, 0, 0, 0xff, 0xff, 0xff, 0xff, TOKEN_MESSAGE]);
  return Buffer.concat([head, own, Buffer.alloc(TOKEN_REQUEST_BYTES)]);
}

/** Version, name, host name, map, kind of game; then flags, skill, players and their limit, clients and theirs. */
function playersIn(bytes: Buffer, number: number) {
  const reader = new Reader(bytes, 17);
  if (integer(reader) !== number) throw new Error('the answer is to another question');
  for (let texts = 0; texts < 5; texts++) reader.text();
  const [, , , , online = 0, max = 0] = Array.from({ length: 6 }, () => integer(reader));
  return { online, max };
}

/** Six bits and a sign in the first byte, seven in each further one. */
function integer(reader: Reader): number {
  let byte = reader.byte();
  const negative = (byte & 0x40) !== 0;
  let value = byte & 0x3f;
  for (let shift = 6; (byte & 0x80) !== 0 && shift < 32; shift += 7) {
    byte = reader.byte();
    value |= (byte & 0x7f) << shift;
  }
  return negative ? ~value : value;
}
