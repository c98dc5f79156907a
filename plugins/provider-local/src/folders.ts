/** The folder of an instance: what the agent needs to begin, and the end of it all. */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { chmod, lstat, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { boundsFile, type AgentBounds } from '@zlh/agent';

/**
 * Makes the folder with the token and the bounds of its agent; what a crash left half written is written again, and what an
 * earlier platform left open is closed.
 */
export function furnish(folder: string, agentToken: string, bounds: AgentBounds): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { user, isolation } = bounds;
  // Without a sandbox that shows it its data the game must get there by itself; nobody else passes.
  const passing = isolation?.level === 'sandbox' ? null : user;
  chmodSync(dirname(folder), passing === null ? 0o700 : 0o711);
  if (passing !== null) chownSync(folder, 0, passing.gid);
  chmodSync(folder, passing === null ? 0o700 : 0o710);
  keep(join(folder, 'agent-token'), `${agentToken}\n`);
  keep(join(folder, boundsFile), `${JSON.stringify(bounds)}\n`);
}

function keep(file: string, content: string): void {
  if (existsSync(file) && isClosed(file) && readFileSync(file, 'utf8') === content) return;
  const fresh = `${file}.new`;
  writeFileSync(fresh, content, { mode: 0o600, flush: true });
  renameSync(fresh, file);
}

const isClosed = (file: string) => (statSync(file).mode & 0o077) === 0;

/** Removes it with everything in it, also what a game closed to everybody, as its own user may. */
export async function removeFolder(folder: string): Promise<void> {
  const options = { recursive: true, force: true, maxRetries: 3 };
  try {
    await rm(folder, options);
  } catch (error) {
    if (!['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    await openUp(folder);
    await rm(folder, options);
  }
}

/** Links are not followed: what they lead to is not ours. A list, not recursion: folders may be nested without end. */
async function openUp(root: string): Promise<void> {
  const waiting = [root];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    if (!(await lstat(folder)).isDirectory()) continue;
    await chmod(folder, 0o700);
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) waiting.push(join(folder, entry.name));
    }
  }
}
