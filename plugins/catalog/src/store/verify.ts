/** Reading a blob and making sure that it is what its name promises. */
import { createHash, type Hash } from 'node:crypto';
import { pipeline, Transform, type Readable } from 'node:stream';
import { artifactDamaged } from '../errors.ts';

/** SHA-256 of all that comes, in hex. */
export async function hashOf(stream: Readable): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of stream) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/**
 * Passes a whole blob on, but never all of it when it is damaged: the last chunk is held back until the hash is
 * known. Then the stream fails with `CATALOG_ARTIFACT_DAMAGED`, after `onDamage` has been awaited.
 */
export function verifying(
  source: Readable,
  sha256: string,
  onDamage: () => Promise<void>,
): Readable {
  const hash: Hash = createHash('sha256');
  let held: Buffer | undefined;
  const check = new Transform({
    readableHighWaterMark: 512 * 1024,
    writableHighWaterMark: 512 * 1024,
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      const before = held;
      held = chunk;
      done(null, before);
    },
    flush(done) {
      if (hash.digest('hex') === sha256) return done(null, held);
      const damaged = artifactDamaged(sha256);
      onDamage().then(
        () => done(damaged),
        (error: unknown) => done(Object.assign(damaged, { cause: error })),
      );
    },
  });
  pipeline(source, check, () => {}); // a fault reaches the reader through `check`
  return check;
}
