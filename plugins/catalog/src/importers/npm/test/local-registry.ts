/** A registry on this machine that answers in the npm registry's format, for one made-up package. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';

export interface LocalRegistry {
  readonly url: string;
  /** `sha512-…` of the package's tarball. */
  readonly integrity: string;
  close(): Promise<void>;
}

/** Serves `tiny@1.0.0`, a package with one file. */
export async function serveTiny(): Promise<LocalRegistry> {
  const manifest = { name: 'tiny', version: '1.0.0' };
  const tar = pack();
  tar.entry({ name: 'package/package.json', mtime: new Date(0) }, JSON.stringify(manifest));
  tar.finalize();
  const tarball = await buffer(tar.pipe(createGzip()));
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  const server = createServer((request, response) => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    if (request.url === '/tiny/-/tiny-1.0.0.tgz') response.end(tarball);
    else if (request.url === '/tiny') {
      const version = { ...manifest, dist: { integrity, tarball: `${url}/tiny/-/tiny-1.0.0.tgz` } };
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          name: 'tiny',
          'dist-tags': { latest: '1.0.0' },
          versions: { '1.0.0': version },
        }),
      );
    } else
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"Not found"}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    integrity,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
