/** Runs the real `zlh` in a process of its own, in a folder with a configuration and plugins. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../bin/zlh.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  /** Resolves when the text has been printed; rejects when the process ends without it. */
  printed(text: string): Promise<void>;
  readonly ended: Promise<Ended>;
}

type Environment = Readonly<Record<string, string>>;

export function startZlh(
  folder: string,
  args: readonly string[],
  environment: Environment = {},
): Running {
  const child = spawn(process.execPath, [bin, ...args], {
    cwd: folder,
    env: { ...withoutOurs(process.env), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
      for (const listener of listeners) listener();
    });
  }
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, ...said }));
  const printed = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (`${said.stdout}${said.stderr}`.includes(text)) resolve();
      };
      listeners.add(look);
      look();
      void ended.then(({ stdout, stderr }) =>
        reject(new Error(`It ended without printing "${text}":\n${stdout}${stderr}`)),
      );
    });
  return { child, printed, ended };
}

export function runZlh(
  folder: string,
  args: readonly string[],
  environment: Environment = {},
): Promise<Ended> {
  return startZlh(folder, args, environment).ended;
}

const withoutOurs = (environment: NodeJS.ProcessEnv) =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('ZLH_')));
