/**
 * Checks commit subjects.
 *
 * With the name of a file, as git calls its `commit-msg` hook, it checks the message in that file.
 * Without, it checks all commits after the one that `.ci/commits-base` names.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { subjectFaults } from './commit-subjects.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const git = (...args: string[]) =>
  execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();

function subjects(): string[] {
  const [, , file] = process.argv;
  if (file !== undefined) return [readFileSync(file, 'utf8').split('\n', 1)[0] ?? ''];
  const base = readFileSync(new URL('../../.ci/commits-base', import.meta.url), 'utf8').trim();
  const isShallow = git('rev-parse', '--is-shallow-repository') === 'true';
  const range = isShallow ? ['--max-count=1', 'HEAD'] : [`${base}..HEAD`];
  return git('log', '--no-merges', '--format=%s', ...range)
    .split('\n')
    .filter(Boolean);
}

const checked = subjects();
for (const subject of checked) {
  for (const fault of subjectFaults(subject)) {
    console.error(`The commit "${subject}" breaks the rule for subjects. ${fault}`);
    process.exitCode = 1;
  }
}
if (process.argv[2] === undefined) console.log(`${checked.length} commit subjects were checked.`);
