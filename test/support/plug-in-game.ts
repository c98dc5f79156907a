/**
 * A host's own game: the real flying-squid with a plug-in that misbehaves on demand, `plug-in.js`. Its artifact is the
 * one of the catalog's own, so a warm home has it.
 */
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { ApiClient } from './client.ts';
import { ConsoleViewer } from './console.ts';
import { repository } from './platform.ts';
import { game } from './warm-home.ts';

export const pluggedGame = { ...game, game: 'plugged' } as const;

interface Template {
  readonly launch: { readonly command: string; readonly args: readonly string[] };
  readonly files: readonly object[];
  readonly crash: object;
}

/** After a crash it starts again at once. */
export async function offerPlugged(home: string): Promise<void> {
  const own = join(repository, 'plugins/catalog/games/minecraft/flying-squid.json');
  const squid = JSON.parse(await readFile(own, 'utf8')) as Template;
  const plugIn = await readFile(join(import.meta.dirname, 'plug-in.js'), 'utf8');
  const { launch, files, crash } = squid;
  const variant = {
    ...squid,
    launch: { ...launch, args: ['--import', '{data}/plug-in.mjs', ...launch.args] },
    files: [...files, { path: 'plug-in.mjs', mode: 'overwrite', lines: plugIn.split('\n') }],
    crash: { ...crash, backoffInitialMs: 100 },
  };
  const plugged = {
    id: 'plugged',
    name: 'Plugged',
    description: 'flying-squid with a plug-in.',
    hostPrefix: 'mc',
    variants: [variant],
  };
  await mkdir(join(home, 'games'), { recursive: true });
  await writeFile(join(home, 'games', 'plugged.json'), JSON.stringify(plugged));
}

/** The plug-in of a server that runs. */
export class PlugIn {
  readonly #port: number;

  private constructor(port: number) {
    this.#port = port;
  }

  /** Of its latest start, to the end of it: players are answered a moment before the game says that it is done. */
  static async of(client: ApiClient, instanceId: string): Promise<PlugIn> {
    const viewer = await ConsoleViewer.open(client, instanceId);
    const said = /plug-in listens at port (\d+)(?![^]*plug-in listens)[^]*Done \(/;
    await viewer.until(said);
    viewer.close();
    return new PlugIn(Number(said.exec(viewer.text)![1]));
  }

  /** Answers how many lines it has flooded the console with so far; undefined where it ended instead of answering. */
  async do(command: string): Promise<number | undefined> {
    const socket = connect(this.#port, '127.0.0.1');
    socket.on('error', () => {}); // 'close' follows
    socket.write(`!${command}`);
    const answer = once(socket, 'data') as Promise<[Buffer]>;
    const [data] = await Promise.race([answer, once(socket, 'close')]);
    socket.destroy();
    return Buffer.isBuffer(data) ? Number(data.toString()) : undefined;
  }
}
