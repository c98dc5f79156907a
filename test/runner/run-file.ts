/**
 * Runs one test file as a process of its own and tells what happened.
 *
 * Promises that nothing of the file is left when it answers: no process, no temporary file. The
 * file gets a fresh `TMPDIR` and none of the developer's own settings, above all no database.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type LeftOut, readLeftOut } from './left-out.ts';
import { collectOutput } from './output.ts';
import { endFamily, type Family, killFamily, markVariable } from './processes.ts';
import { type Begun, progressVariable, readProgress } from './progress.ts';
import { type Silence, watchSilence } from './silence.ts';
import { readSummary } from './summary.ts';
import { nodeOptionsOf, type TieredFile } from './tiers.ts';

/** A file's process may take so long after its last test: closing sockets, writing coverage. */
const lingerMs = 5_000;
const nodeFlags = [
  '--conditions=zlh-source',
  `--import=${import.meta.resolve('./progress-hooks.ts')}`,
];
/** The file's own children may take so long to end after it. */
const graceMs = 3_000;

/** The same for all files of a run. */
export interface RunOptions {
  readonly root: string;
  /** How much longer than the reference machine this one may take; at least 1. */
  readonly slowness: number;
  /** Handed to each file beside the machine's environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** How a file's process came to its end. */
export interface FileRun {
  readonly file: TieredFile;
  readonly output: string;
  /** `hung`: it made no progress; `lingered`: its tests were done, but something kept the process alive. */
  readonly end: 'exited' | 'hung' | 'lingered';
  /** The limit that a hung file passed. */
  readonly limitMs: number;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** A line for each process it left behind. */
  readonly leftBehind: readonly string[];
  readonly leftOut: readonly LeftOut[];
  /** The tests that began, in their order. */
  readonly begun: readonly Begun[];
  readonly durationMs: number;
  /** In milliseconds since 1970. */
  readonly endedAt: number;
  /** Processors that it kept busy on the mean; 1 when it did not come to its end. */
  readonly busy: number;
}

/** The files that run now, with the folder of each one's temporary files. */
const running = new Map<Family, string>();

/** Ends every file that runs now and clears up after it, for a runner that is told to stop. */
export function killRunning(): void {
  for (const [family, scratch] of running) {
    killFamily(family);
    removeScratch(scratch);
  }
}

function removeScratch(scratch: string): void {
  rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
}

/**
 * Runs it to its end, or until it hangs.
 *
 * @throws when the machine cannot start a process; never because of what the file does
 */
export async function runFile(options: RunOptions, file: TieredFile): Promise<FileRun> {
  const scratch = mkdtempSync(join(tmpdir(), 'zlh-test-'));
  chmodSync(scratch, 0o1777); // a database in it runs as another user
  const leftOutFile = join(scratch, '.left-out');
  const progressFile = join(scratch, '.progress');
  const mark = [process.env[markVariable], randomUUID()].filter(Boolean).join('/');
  const started = performance.now();
  const child = spawn(process.execPath, [...nodeFlags, ...nodeOptionsOf(file), file.path], {
    cwd: options.root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment(options, scratch, {
      [markVariable]: mark,
      [progressVariable]: progressFile,
      ZLH_TEST_LEFT_OUT: leftOutFile,
    }),
  });
  await once(child, 'spawn');
  const family = { group: child.pid ?? Number.NaN, mark };
  running.set(family, scratch);
  try {
    const ending = await watch(child, family, options.slowness, (onHang) =>
      watchSilence({ limitMs: file.limitMs, slowness: options.slowness, progressFile, onHang }),
    );
    const durationMs = performance.now() - started;
    const { begun, cpuSeconds } = readProgress(progressFile);
    const busy = cpuSeconds === undefined ? 1 : cpuSeconds / (durationMs / 1000);
    return {
      file,
      ...ending,
      leftOut: readLeftOut(leftOutFile),
      begun,
      durationMs,
      endedAt: Date.now(),
      busy,
    };
  } finally {
    running.delete(family);
    removeScratch(scratch);
  }
}

async function watch(
  child: ChildProcess,
  family: Family,
  slowness: number,
  listen: (onHang: (limitMs: number) => void) => Silence,
) {
  let end: FileRun['end'] = 'exited';
  let limitMs = 0;
  let linger: NodeJS.Timeout | undefined;
  const stop = (why: FileRun['end']) => {
    end = why;
    killFamily(family);
  };
  const silence = listen((passedMs) => {
    limitMs = passedMs;
    stop('hung');
  });
  const output = collectOutput(child, (text) => {
    silence.heard();
    if (linger === undefined && readSummary(text) !== undefined) {
      linger = setTimeout(stop, lingerMs * slowness, 'lingered');
    }
  });
  const closed = once(child, 'close');
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  silence.stop();
  clearTimeout(linger);
  const leftBehind = await endFamily(family, graceMs * slowness);
  await closed; // only now: whoever is left behind holds the output open
  return { end, limitMs, code, signal, leftBehind, output: output() };
}

/** The machine's environment without our settings, with what the runner promises. */
function environment({ root, env: all }: RunOptions, scratch: string, own: Record<string, string>) {
  const foreign = Object.entries(process.env).filter(
    ([name]) =>
      name !== 'DATABASE_URL' && (!name.startsWith('ZLH_') || name.startsWith('ZLH_TEST_')),
  );
  const bin = join(root, 'node_modules/.bin');
  const cache = process.env.ZLH_TEST_CACHE ?? join(root, '.cache/test');
  mkdirSync(cache, { recursive: true });
  const env: NodeJS.ProcessEnv = {
    ...Object.fromEntries(foreign),
    PATH: [bin, process.env.PATH ?? ''].join(delimiter),
    TMPDIR: scratch,
    ZLH_TEST_CACHE: cache,
    NODE_COMPILE_CACHE: join(root, '.cache/compile'),
    ...all,
    ...own,
  };
  // Coverage of code from the cache is less exact.
  if (env.NODE_V8_COVERAGE !== undefined) delete env.NODE_COMPILE_CACHE;
  return env;
}
