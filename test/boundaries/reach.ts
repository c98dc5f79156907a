/**
 * Answers which modules a file can reach through its imports, its own and those of what it imports.
 *
 * Types are erased and reach nothing. A file is parsed when it is first met.
 */
import { dirname, join } from 'node:path/posix';
import { type Import, importsOf } from './imports.ts';
import { readManifests } from './repository.ts';

/** Whether the file reaches one of the modules, given by their specifiers. */
export type Reach = (path: string, modules: ReadonlySet<string>) => boolean;

/** @param read the text of a source file, given by its path in the repository */
export function readReach(read: (path: string) => string, root: string): Reach {
  const parsed = new Map<string, readonly Import[]>();
  const exported = exportsOf(root);
  const importsIn = (path: string) => {
    const known = parsed.get(path) ?? importsOf(path, read(path));
    parsed.set(path, known);
    return known;
  };
  return (start, modules) => {
    const seen = new Set([start]);
    for (const path of seen) {
      for (const { specifier, typeOnly } of importsIn(path)) {
        if (typeOnly || specifier === undefined) continue;
        if (modules.has(specifier)) return true;
        const next = resolve(path, specifier, exported);
        if (next !== undefined) seen.add(next); // the loop goes on with what is added
      }
    }
    return false;
  };
}

function resolve(
  from: string,
  specifier: string,
  exported: ReadonlyMap<string, string>,
): string | undefined {
  const [bare = ''] = specifier.split('?', 1);
  const target = bare.startsWith('.') ? join(dirname(from), bare) : exported.get(bare);
  return target !== undefined && /\.[cm]?[jt]s$/.test(target) ? target : undefined;
}

/** The source file of each export of each package, by its specifier. */
function exportsOf(root: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [folder, { name, exports = {} }] of Object.entries(readManifests(root))) {
    for (const [subpath, conditions] of Object.entries(exports)) {
      const source = (conditions as { readonly 'zlh-source'?: string })['zlh-source'];
      if (name !== undefined && source !== undefined) {
        found.set(join(name, subpath), join(folder, source));
      }
    }
  }
  return found;
}
