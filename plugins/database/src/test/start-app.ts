/** Starts `app.ts` for a test, as this user or as another. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface App {
  /** What it derived from the master key; tells whether two opened the same vault. */
  readonly token: string;
  readonly error: string | undefined;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

interface Options {
  readonly home: string;
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
  readonly uid?: number | undefined;
}

export async function startApp({ home, settings, uid }: Options): Promise<App> {
  const { child, told } = spawnApp({ home, settings, uid });
  const { token = '', error } = await told;
  return {
    token,
    error,
    kill: () => end(child, 'SIGKILL'),
    async stop() {
      if (child.connected) child.send('stop');
      await end(child);
    },
  };
}

/** For tests that kill it before it is up. */
export function spawnApp({ home, settings, uid }: Options) {
  const script = fileURLToPath(new URL('./app.ts', import.meta.url));
  const node = [
    process.execPath,
    '--conditions=zlh-source',
    '--disable-warning=ExperimentalWarning',
    script,
    JSON.stringify({ home, settings }),
  ];
  const [command, ...args] =
    uid === undefined
      ? node
      : ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', ...node];
  const child = spawn(command!, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const told = once(child, 'message').then(
    ([message]) => message as { token?: string; error?: string },
  );
  return { child, told };
}

async function end(
  child: ReturnType<typeof spawnApp>['child'],
  signal?: NodeJS.Signals,
): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  if (signal !== undefined) child.kill(signal);
  await exit;
}
