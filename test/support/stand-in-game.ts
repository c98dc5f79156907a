/**
 * Games of a host whose creation does not come to its end, for scenarios that need an instance at once and no server:
 * `broken` fails in its first phase, `endless` stays in it until somebody cancels.
 */
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { repository } from './platform.ts';

export const broken = { kind: 'game', game: 'stand-in', variant: 'broken', version: '1' } as const;
export const endless = { ...broken, variant: 'endless' } as const;

/** Serves what the games ask for. End it with `close`. */
export async function offerStandIns(home: string): Promise<Server> {
  const server = createServer(({ url }, response) => {
    if (url === '/endless') response.writeHead(200, { 'content-length': 1000 }).write('so far');
    else response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const own = join(repository, 'plugins/catalog/games/minecraft');
  const folder = join(home, 'games', 'stand-in');
  await mkdir(folder, { recursive: true });
  const game = {
    id: 'stand-in',
    name: 'Stand-in',
    description: 'Never comes to its end.',
    hostPrefix: 'mc',
    variants: ['broken', 'endless'],
  };
  await writeFile(join(folder, 'game.json'), JSON.stringify(game));
  const template = JSON.parse(await readFile(join(own, 'flying-squid.json'), 'utf8')) as object;
  for (const id of game.variants) {
    const request = { url: `http://127.0.0.1:${port}/${id}`, sha256: '0'.repeat(64) };
    const variant = {
      ...template,
      id,
      name: id,
      versions: { recommended: '1', list: ['1'] },
      artifacts: [{ name: 'server', importer: 'url', request }],
    };
    await writeFile(join(folder, `${id}.json`), JSON.stringify(variant));
  }
  return server;
}
