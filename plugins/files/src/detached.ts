/**
 * The body of a request on a stream of its own. Whoever stops reading it ends that stream, and not the connection on
 * which the refusal is to be answered; what still comes is then read and forgotten.
 */
import { Transform, type Readable } from 'node:stream';
import { collectYoung } from '@zlh/kernel';

export function detached(raw: Readable): Readable {
  const body = new Transform({
    highWaterMark: 1024 * 1024,
    transform(chunk: Buffer, _encoding, done) {
      collectYoung(chunk.length);
      done(null, chunk);
    },
  });
  body.on('error', () => undefined); // whoever reads it hears of it; nobody may have begun
  if (raw.destroyed && !raw.readableEnded) return body.destroy(gone());
  raw.pipe(body);
  raw.once('error', (error) => body.destroy(error));
  raw.once('close', () => {
    if (!raw.readableEnded) body.destroy(gone());
  });
  body.once('close', () => {
    raw.unpipe(body);
    raw.resume();
  });
  return body;
}

const gone = () => new Error('the client went away');
