/**
 * A game of a host that needs no download: a few lines of shell that say when they are ready and end when they are told
 * to, by `stop` as from inside the game, or by `crash`. For scenarios with a real agent and no player.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const shellGame = { kind: 'game', game: 'shell', variant: 'plain', version: '1' } as const;

const script = `echo ready
while read -r line; do
  case "$line" in
    stop) exit 0 ;;
    crash) exit 3 ;;
  esac
done`;

/** Before the platform starts. `change` replaces parts of the variant. */
export async function offerShellGame(
  home: string,
  change: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const variant = {
    id: 'plain',
    name: 'Plain',
    description: 'Waits for lines.',
    eula: null,
    memoryMiB: { min: 32, default: 64, max: 1024 },
    versions: { recommended: '1', list: ['1'] },
    runtime: [],
    artifacts: [],
    launch: { command: '/bin/sh', args: ['-c', script] },
    ports: [{ name: 'game', protocol: 'tcp' }],
    probe: {
      kind: 'log',
      options: { pattern: '^ready' },
      intervalMs: 50,
      timeoutMs: 1000,
      startupTimeoutMs: 30_000,
      failuresToUnready: 6,
    },
    stop: [{ command: 'stop', waitMs: 5000 }],
    crash: { backoffInitialMs: 50, backoffMaxMs: 50, stableAfterMs: 600_000, maxCrashes: 2 },
    files: [],
    save: null,
    backup: { include: ['.'], exclude: [] },
    user: 'any',
    ...change,
  };
  const game = {
    id: 'shell',
    name: 'Shell',
    description: 'Waits for lines.',
    hostPrefix: 'sh',
    variants: [variant],
  };
  await mkdir(join(home, 'games'), { recursive: true });
  await writeFile(join(home, 'games', 'shell.json'), JSON.stringify(game));
}
