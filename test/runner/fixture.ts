/**
 * Runs the real runner over a folder of test files that a test makes up.
 *
 * The folder lies in the repository's cache, so that the files find uvu, and is removed afterwards.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';

const repository = resolve(import.meta.dirname, '../..');

export interface RunnerResult {
  readonly code: number | null;
  readonly output: string;
  /** The lines from a file's verdict to the next one's. */
  about(name: string): string;
}

/** The head of a made-up test file. */
export const prelude = `import { test } from 'uvu';
import { needs, when } from ${JSON.stringify(join(import.meta.dirname, 'needs.ts'))};
`;

/** Makes the folder, hands it over, removes it. */
export async function withFixture<T>(
  files: Record<string, string>,
  use: (root: string) => Promise<T>,
): Promise<T> {
  mkdirSync(join(repository, '.cache'), { recursive: true });
  const root = mkdtempSync(join(repository, '.cache/runner-'));
  try {
    for (const [path, source] of Object.entries(files)) {
      mkdirSync(join(root, dirname(path)), { recursive: true });
      writeFileSync(join(root, path), source);
    }
    return await use(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Starts the runner on a folder. */
export function startRunner(root: string, args: string[], env: NodeJS.ProcessEnv = {}) {
  const entry = join(import.meta.dirname, 'run.js');
  return spawn(process.execPath, [entry, '--root', root, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ZLH_TEST_ALL: '', ...env },
  });
}

/** Runs the runner over made-up files, given by path, to its end. */
export function runOn(
  files: Record<string, string>,
  args: string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<RunnerResult> {
  return withFixture(files, async (root) => {
    const child = startRunner(root, args, env);
    const ended = once(child, 'close');
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const [code] = (await ended) as [number | null];
    const output = `${err}${out}`;
    const parts = output.split(
      /^(?=[✓✘] \S+\.test\.ts {2})|^(?=\n(?:Slowest|Left out|Failed|\d+ files))/m,
    );
    const about = (name: string) => parts.find((part) => part.includes(`/${name}.test.ts  `)) ?? '';
    return { code, output, about };
  });
}
