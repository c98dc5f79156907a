/**
 * Lists the files that people wrote, in one order on every machine.
 *
 * Folders of installed, built, cached or measured files are never entered.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The folders of the repository that hold source and tests. */
export const rooms = [
  'kernel',
  'plugins',
  'agent-core',
  'agent-plugins',
  'web-components',
  'config',
  'test',
  'bench',
] as const;

const notOurs = new Set(['node_modules', 'dist', 'coverage', '.cache', '.zlh', '.git']);

/** Paths of files below the rooms, relative to `root`, with forward slashes. */
export function walk(root: string, folders: readonly string[] = rooms): string[] {
  return folders.filter((folder) => existsSync(join(root, folder))).flatMap(enter);

  function enter(folder: string): string[] {
    const entries = readdirSync(join(root, folder), { withFileTypes: true });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    return entries.flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return notOurs.has(entry.name) ? [] : enter(path);
      return entry.isFile() ? [path] : [];
    });
  }
}
