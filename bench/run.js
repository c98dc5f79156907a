/**
 * `npm run bench [PART OF A NAME …]`: every bench file, each in a process of its own, one after another.
 *
 * Prints all figures once more as a table for README.md, and answers 1 when a limit was missed. Plain JavaScript, because the machine's own Node may be too old to read the TypeScript beside it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
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
const scratch = mkdtempSync(join(tmpdir(), 'zlh-bench-'));
const table = join(scratch, 'table');
for (const file of files) {
  console.log(`\n${file}  (load of the machine: ${loadavg()[0].toFixed(2)})`);
  const { status } = spawnSync(
    existsSync(pinned) ? pinned : process.execPath,
    [...flags, folder + file],
    { stdio: 'inherit', env: { ...process.env, ZLH_BENCH_TABLE: table } },
  );
  if (status !== 0) missed.push(file);
}
if (existsSync(table)) {
  console.log(
    `\n| what | figure | limit |\n|---|---|---|\n${readFileSync(table, 'utf8').trimEnd()}`,
  );
}
rmSync(scratch, { recursive: true });
if (files.length === 0) console.error(`No bench file's name contains ${wanted.join(' or ')}.`);
else console.log(missed.length === 0 ? '\nAll limits hold.' : `\nMissed: ${missed.join(', ')}`);
process.exitCode = files.length === 0 || missed.length > 0 ? 1 : 0;
