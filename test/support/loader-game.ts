/** A game of a host that loads mods as loaders do: it lists the jars of its folder when it starts. It needs no download. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repository } from './platform.ts';

export const modded = { kind: 'game', game: 'modded', variant: 'loader', version: '1.0' } as const;

const script = [
  'for jar in mods/*.jar; do [ -f "$jar" ] && echo "loaded $jar"; done',
  'echo "ready to play"',
  'while read -r line; do [ "$line" = stop ] && exit 0; done',
];

/** Its variant `vanilla` takes no mods. */
export async function offerModded(home: string): Promise<void> {
  const own = join(repository, 'plugins/catalog/games/minecraft/flying-squid.json');
  const squid = JSON.parse(await readFile(own, 'utf8')) as Record<string, unknown>;
  const folder = join(home, 'games', 'modded');
  await mkdir(folder, { recursive: true });
  const write = (name: string, document: object) =>
    writeFile(join(folder, `${name}.json`), JSON.stringify(document));
  const variants = ['loader', 'vanilla'];
  const texts = { id: 'modded', name: 'Modded', description: 'Lists its mods.', hostPrefix: 'mc' };
  await write('game', { ...texts, variants });
  const variant = {
    ...squid,
    memoryMiB: { min: 128, default: 128, max: 1024 },
    versions: { recommended: '1.0', list: ['1.0'] },
    runtime: [],
    artifacts: [],
    install: [],
    launch: { command: '/bin/sh', args: ['{data}/run.sh'] },
    probe: {
      kind: 'log',
      options: { pattern: 'ready to play' },
      intervalMs: 50,
      timeoutMs: 1000,
      startupTimeoutMs: 60_000,
      failuresToUnready: 1,
    },
    files: [{ path: 'run.sh', mode: 'overwrite', lines: script }],
    consent: undefined,
  };
  const mods = { folder: 'mods', loaders: ['fabric'] };
  await write('loader', { ...variant, id: 'loader', name: 'Loader', mods });
  await write('vanilla', { ...variant, id: 'vanilla', name: 'Vanilla' });
}
