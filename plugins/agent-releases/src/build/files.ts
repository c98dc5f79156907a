/**
 * The files of a release: of each package what runs, as JavaScript. Sources of ours lose their types, since Node runs no
 * TypeScript below `node_modules`; of others' packages what only developers read is left out.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import type { PackedPackage } from './packages.ts';

export interface ReleaseFile {
  /** In the release, `/` between parts. */
  readonly path: string;
  content(): Buffer;
}

const forDevelopers =
  /(^|\/)(\.[^/]+|test|tests|__tests__|docs?|examples?|benchmarks?|coverage)(\/|$)|\.(map|md|markdown|d\.[cm]?ts|tsbuildinfo)$/i;
const testsOfOurs = /(^|\/)(test|testing)\/|\.test\.ts$/;

export function filesOf({ folder, place }: PackedPackage): ReleaseFile[] {
  const names = filesIn(folder, '');
  const ours = names.includes('src/index.ts');
  const wanted = ours
    ? names.filter((name) => /^(src|bin)\/|^package\.json$|^LICENSE/.test(name))
    : names.filter((name) => !forDevelopers.test(name));
  return wanted
    .filter((name) => !ours || !testsOfOurs.test(name))
    .map((name) => {
      const read = () => readFileSync(join(folder, name));
      if (ours && name === 'package.json')
        return { path: `${place}/${name}`, content: () => withoutSources(read().toString()) };
      if (!ours || !name.startsWith('src/')) return { path: `${place}/${name}`, content: read };
      const built = name.replace(/^src\//, 'dist/').replace(/\.ts$/, '.js');
      const content = name.endsWith('.ts') ? () => toJavaScript(read().toString()) : read;
      return { path: `${place}/${built}`, content };
    });
}

/** Its exports lead to sources under a condition of ours; there are none in a release. */
function withoutSources(manifest: string): Buffer {
  const drop = (key: string, value: unknown) => (key === 'zlh-source' ? undefined : value);
  return Buffer.from(`${JSON.stringify(JSON.parse(manifest), drop, 2)}\n`);
}

/** Types become blanks, so that line numbers stay; imports name the file that will be there. */
export function toJavaScript(source: string): Buffer {
  const stripped = stripTypeScriptTypes(source, { mode: 'strip' });
  return Buffer.from(
    stripped.replace(/(\bfrom\s*|\bimport\s*\(?\s*)(['"])(\.[^'"\n]*)\.ts\2/g, '$1$2$3.js$2'),
  );
}

/** Relative paths of all files; other packages inside are packed by themselves, and links are not followed. */
function filesIn(root: string, below: string): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(join(root, below), { withFileTypes: true })) {
    const name = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) {
      if (entry.name !== 'node_modules') found.push(...filesIn(root, name));
    } else if (entry.isFile()) found.push(name);
  }
  return found.sort();
}
