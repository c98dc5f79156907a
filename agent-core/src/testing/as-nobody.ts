/** For tests run as root: work done without its rights, as an agent does that is an ordinary user of its machine. */
import { chmodSync, chownSync } from 'node:fs';
import { tmpdir } from 'node:os';

export const nobody = 65_534;

/** `given`: what belongs to the user from then on. The folder of this test file is opened for passing through. */
export async function asNobody(given: readonly string[], work: () => Promise<void>): Promise<void> {
  for (const path of given) chownSync(path, nobody, nobody);
  chmodSync(tmpdir(), 0o711);
  process.seteuid!(nobody);
  try {
    await work();
  } finally {
    process.seteuid!(0);
  }
}
