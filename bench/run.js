/**
 * `npm run bench [PART OF A NAME …]`: every bench file, each in a process of its own and one after another. Answers 1
 * when a limit was missed.
 *
 * Plain JavaScript, because the machine's own Node may be too old to read the TypeScript beside it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const pinned = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));
const flags = ['--conditions=zlh-source', '--disable-warning=ExperimentalWarning'];
const wanted = process.argv.slice(2);

const files = readdirSync(folder)
  .filter((name) => name.endsWith('.bench.ts'))
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)))
  .sort();
const missed = [];
for (const file of files) {
  console.log(`\n${file}  (load of the machine: ${loadavg()[0].toFixed(2)})`);
  const { status } = spawnSync(
    existsSync(pinned) ? pinned : process.execPath,
    [...flags, folder + file],
    { stdio: 'inherit' },
  );
  if (status !== 0) missed.push(file);
}
if (files.length === 0) console.error(`No bench file's name contains ${wanted.join(' or ')}.`);
else console.log(missed.length === 0 ? '\nAll limits hold.' : `\nMissed: ${missed.join(', ')}`);
process.exitCode = files.length === 0 || missed.length > 0 ? 1 : 0;
