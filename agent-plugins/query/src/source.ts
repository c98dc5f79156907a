/**
 * Valve's A2S_INFO, as answered by Source and GoldSource games and by everything that is listed on Steam. Servers may
 * ask for their challenge to be repeated before they tell anything.
 */
import { converse } from './datagrams.ts';
import type { Query } from './query.ts';
import { Reader, readOrNothing } from './reader.ts';

const HEADER = Buffer.from([0xff, 0xff, 0xff, 0xff]);
const QUESTION = Buffer.concat([HEADER, Buffer.from('TSource Engine Query\0', 'latin1')]);
const CHALLENGE = 0x41;
const INFO = 0x49;

export const querySource: Query = (host, port, signal) =>
  converse(host, port, signal, async ({ send, answer }) => {
    const fits = (bytes: Buffer) =>
      bytes.subarray(0, 4).equals(HEADER) && [CHALLENGE, INFO].includes(bytes[4] ?? 0);
    let heard = answer(fits);
    send(QUESTION);
    for (let round = 0; round < 3; round++) {
      const bytes = await heard;
      if (bytes[4] === INFO) return readOrNothing(() => playersIn(bytes));
      heard = answer(fits);
      send(Buffer.concat([QUESTION, bytes.subarray(5, 9)]));
    }
    throw new Error('the server only ever asks for its challenge');
  });

/** Protocol, name, map, folder, game, id, then the figures. */
function playersIn(bytes: Buffer) {
  const reader = new Reader(bytes, 6);
  for (let texts = 0; texts < 4; texts++) reader.text();
  reader.take(2);
  return { online: reader.byte(), max: reader.byte() };
}
