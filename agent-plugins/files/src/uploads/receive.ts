/**
 * Adds what one connection brings to the bytes of an upload. Promises that what counts as arrived is on the disk when
 * the connection is over, save for an upload that is whole: that is flushed by its last step.
 */
import { type Disk, toRefusal } from '@zlh/agent/fs';
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { fill } from '../content/fill.ts';
import { Flusher } from '../content/flusher.ts';
import { refusals } from './errors.ts';
import type { Known } from './known.ts';

/** @param file where the bytes of the upload are */
export async function receive(
  known: Known,
  body: Readable,
  file: string,
  disk: Disk,
): Promise<void> {
  const { size, path } = known.record;
  const start = known.arrived;
  await using handle = await open(file, constants.O_WRONLY | constants.O_NOFOLLOW).catch(
    (error: unknown) => {
      throw toRefusal(error, path);
    },
  );
  const flusher = new Flusher(handle);
  using held = await disk.reserve(0);
  try {
    await fill(handle, body, {
      start,
      grow: (bytes) => {
        if (start + bytes > size) throw refusals.tooLong(size);
        return held.check(bytes);
      },
      wrote: (bytes) => {
        known.arrived = start + bytes;
        known.touchedAt = Date.now();
        flusher.wrote(bytes);
      },
    });
  } catch (error) {
    body.resume();
    throw toRefusal(error, path);
  } finally {
    await flush(known, handle, flusher, start);
  }
}

/** What a disk may have lost has not arrived: the client goes on from what is safe. */
async function flush(
  known: Known,
  handle: FileHandle,
  flusher: Flusher,
  start: number,
): Promise<void> {
  const { path, size } = known.record;
  try {
    await flusher.settle();
    // Nobody waits for the rest of a whole one longer than they like: see its last step.
    if (known.arrived < size) await handle.datasync();
  } catch (error) {
    known.arrived = start + flusher.safe;
    await handle.truncate(known.arrived);
    throw toRefusal(error, path);
  }
}
