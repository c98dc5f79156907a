/**
 * Finds cycles among packages: sets of packages of which each one imports, directly or not, every other.
 *
 * Type-only imports count: a package that needs another one's types is versioned and read with it.
 * Cycles among files are the linter's to find (`import/no-cycle`).
 */
import { type Imports, parseSpecifier } from './imports.ts';
import { isTest, packageOf, type Repository } from './repository.ts';

/** One import statement that leaves its package. */
export interface Arrow {
  readonly to: string;
  /** `path:line` of the import. */
  readonly at: string;
}

/** One sentence for each cycle, with an import statement for each of its arrows. */
export function packageCycles(repository: Repository, imports: Imports): string[] {
  const arrows = arrowsOf(repository, imports);
  return components(arrows).map((component) => {
    const members = new Set(component);
    const evidence = component.flatMap((from) =>
      [...(arrows.get(from)?.values() ?? [])]
        .filter(({ to }) => members.has(to))
        .map(({ to, at }) => `\n    ${from} → ${to} at ${at}`),
    );
    return `The packages ${component.join(', ')} import each other in a cycle:${evidence.join('')}`;
  });
}

/** Of each package the packages that it imports, with the first statement that does. */
export function arrowsOf(
  repository: Repository,
  imports: Imports,
): Map<string, Map<string, Arrow>> {
  const folders = new Map(
    Object.entries(repository.packages).map(([folder, { name }]) => [name, folder]),
  );
  const arrows = new Map<string, Map<string, Arrow>>();
  for (const [path, statements] of imports) {
    const from = packageOf(repository, path);
    if (from === '' || isTest(path)) continue;
    for (const { specifier, line } of statements) {
      const to = specifier === undefined ? undefined : folders.get(parseSpecifier(specifier).name);
      if (to === undefined || to === from) continue;
      const known = arrows.get(from) ?? new Map<string, Arrow>();
      arrows.set(from, known);
      if (!known.has(to)) known.set(to, { to, at: `${path}:${line}` });
    }
  }
  return arrows;
}

/** Strongly connected components of more than one package (Tarjan), each sorted. */
function components(arrows: ReadonlyMap<string, ReadonlyMap<string, Arrow>>): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const found: string[][] = [];
  const visit = (from: string): number => {
    const index = order.size;
    order.set(from, index);
    lowest.set(from, index);
    open.push(from);
    for (const to of arrows.get(from)?.keys() ?? []) {
      const reached = order.has(to) ? (open.includes(to) ? order.get(to)! : index) : visit(to);
      lowest.set(from, Math.min(lowest.get(from)!, reached));
    }
    if (lowest.get(from) === index) {
      const component = open.splice(open.indexOf(from));
      if (component.length > 1) found.push(component.sort());
    }
    return lowest.get(from)!;
  };
  for (const from of arrows.keys()) if (!order.has(from)) visit(from);
  return found;
}
