/** The folder of an instance: what the agent needs to begin, and the end of it all. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { chmod, lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Makes the folder with the token of its agent; a token that a crash left half written is written again. */
export function furnish(folder: string, agentToken: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  const file = join(folder, 'agent-token');
  const content = `${agentToken}\n`;
  if (existsSync(file) && readFileSync(file, 'utf8') === content) return;
  const fresh = `${file}.new`;
  writeFileSync(fresh, content, { mode: 0o600, flush: true });
  renameSync(fresh, file);
}

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
