/** A full disk, said in words. */
import { existsSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '@zlh/kernel';

/** An agent writes about this much before it can say that it cannot, in bytes. */
const leastForAgent = 2 ** 20;

/** Does the work; a disk that is full meanwhile is told as PROVIDER_LOCAL_DISK_FULL. */
export async function tellingOfFullDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === 'ENOSPC' || code === 'EDQUOT' ? full(error) : error;
  }
}

/**
 * A new instance needs room, and an agent that cannot write anything dies before anything is installed: better not to
 * begin. One with a server in it comes up without, and is needed then: to stop it, to delete files, to say that it is full.
 */
export function assertRoom(folder: string): void {
  if (existsSync(join(folder, 'state', 'spec.json'))) return;
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < leastForAgent) throw full();
}

function full(cause?: unknown): CodedError {
  return new CodedError(
    'PROVIDER_LOCAL_DISK_FULL',
    'The disk that holds the instances is full.',
    'Free some space on it (it is the one of "instances" in the home), then retry.',
    { cause },
  );
}
