/**
 * The body of a request on a stream of its own. A reader that stops ends that stream, and not the connection
 * on which the refusal is to be answered. The rest of the body is then read and forgotten.
 *
 * The last bytes leave once the caller was asked for permission again. Without them no agent brings a file to
 * its place.
 */
import { Transform, type Readable } from 'node:stream';
import type { Permit } from '@zlh/http';
import { collectYoung } from '@zlh/kernel';

export function detached(raw: Readable, permit: Pick<Permit, 'confirm'>): Readable {
  let last: Buffer | undefined;
  const body = new Transform({
    highWaterMark: 1024 * 1024,
    transform(chunk: Buffer, _encoding, done) {
      collectYoung(chunk.length);
      const before = last;
      last = chunk;
      done(null, before);
    },
    async flush(done) {
      done(await refusalOf(permit), last);
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

const refusalOf = (permit: Pick<Permit, 'confirm'>): Promise<Error | null> =>
  permit.confirm().then(
    () => null,
    (error: Error) => error,
  );
const gone = () => new Error('the client went away');
