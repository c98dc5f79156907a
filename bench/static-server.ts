/** A bare file server for `files.bench.ts`: hands out and takes files of one folder, and nothing more. Flushed, as ours are. */
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

const [, , folder = '.'] = process.argv;
const highWaterMark = 512 * 1024;

const server = createServer((request, response) => {
  const path = join(folder, basename(request.url ?? ''));
  const answer = async () => {
    if (request.method === 'PUT') {
      await pipeline(request, createWriteStream(path, { flush: true, highWaterMark }));
      response.writeHead(201).end();
      return;
    }
    response.writeHead(200, { 'content-length': (await stat(path)).size });
    await pipeline(createReadStream(path, { highWaterMark }), response);
  };
  answer().catch((error: unknown) => response.destroy(error as Error));
}).listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
