/** Reading a blob and making sure that it is what its name promises. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
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
  return Readable.from(verified(source, sha256, onDamage), { objectMode: false });
}

async function* verified(source: Readable, sha256: string, onDamage: () => Promise<void>) {
  const hash = createHash('sha256');
  let held: Buffer | undefined;
  for await (const chunk of source) {
    hash.update(chunk as Buffer);
    if (held !== undefined) yield held;
    held = chunk as Buffer;
  }
  if (hash.digest('hex') !== sha256) {
    await onDamage();
    throw artifactDamaged(sha256);
  }
  if (held !== undefined) yield held;
}
