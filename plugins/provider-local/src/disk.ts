/** A full disk, said in words. */
import { statfsSync } from 'node:fs';
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

/** An agent that cannot write anything dies before it answers, again and again: better not to begin. */
export function assertRoom(folder: string): void {
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
