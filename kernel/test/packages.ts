/**
 * Plugin packages as npm would have installed them: a folder with a configuration and its
 * node_modules.
 */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Paths below the new folder → text, or an object to be written as JSON. Answers the folder. */
export function makeFolder(files: Readonly<Record<string, string | object>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'zlh-packages-'));
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

/**
 * `definePlugin` without importing the kernel, which such a folder does not have: the mark is what
 * counts.
 */
export const declare = (members: string) =>
  `export default { [Symbol.for('@zlh/kernel/plugin')]: true, ${members} };\n`;

/** The files of a package whose `./platform` is the code. */
export function packageFiles(name: string, code: string, manifest: object = {}) {
  const exports = { './platform': './platform.js' };
  return {
    [`node_modules/${name}/package.json`]: {
      name,
      version: '2.3.4',
      type: 'module',
      exports,
      ...manifest,
    },
    [`node_modules/${name}/platform.js`]: code,
  };
}

/** The text of a configuration file. Plugins say `abort` unless they say something, as stock plugins do. */
export function configuration(plugins: object, more: object = {}): string {
  const saying = Object.entries(plugins).map(([name, settings]: [string, unknown]) => [
    name,
    typeof settings === 'object' && settings !== null
      ? { onFailure: 'abort', ...settings }
      : settings,
  ]);
  return `export default ${JSON.stringify({ plugins: Object.fromEntries(saying) as object, ...more })};\n`;
}
