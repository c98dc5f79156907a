/** A download is the file its publisher meant, whole, or it is nothing. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scaled } from '@zlh/kernel/testing';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CodedError } from '@zlh/kernel';
import { serveFile, startUpstream, type FakeUpstream } from '../testing/upstream.ts';
import { UpstreamClient } from './client.ts';
import { download, type Download } from './download.ts';

interface Context {
  upstream: FakeUpstream;
  client: UpstreamClient;
  folder: string;
}
const test = suite<Context>('download');
const content = randomBytes(300_000);
const sha256 = createHash('sha256').update(content).digest('hex');

test.before.each(async (context) => {
  context.upstream = await startUpstream();
  context.client = new UpstreamClient({
    userAgent: 'test',
    timeoutMs: scaled(5000),
    retryDelayMs: 1,
  });
  context.folder = mkdtempSync(join(tmpdir(), 'zlh-download-'));
});
test.after.each(async ({ upstream, client, folder }) => {
  await client.close();
  await upstream.close();
  rmSync(folder, { recursive: true });
});

function wanted({ upstream, folder }: Context, changes: Partial<Download> = {}): Download {
  return {
    upstream: 'Test upstream',
    url: `${upstream.url}/file`,
    what: 'The file',
    hash: { algorithm: 'sha256', value: sha256 },
    file: join(folder, 'file'),
    limit: 10_000_000,
    signal: new AbortController().signal,
    onBytes: () => {},
    ...changes,
  };
}

/** The coded error it fails with; nothing of the file may be left. */
async function refusal(context: Context, changes: Partial<Download> = {}): Promise<CodedError> {
  try {
    await download(context.client, wanted(context, changes));
  } catch (error) {
    assert.not(existsSync(join(context.folder, 'file')), 'a refused download leaves no file');
    assert.instance(error, CodedError);
    return error as CodedError;
  }
  throw new Error('the download succeeded');
}

test('a file arrives whole, its progress rising to its size', async (context) => {
  context.upstream.on('/file', content);
  const seen: number[] = [];
  const onBytes = (done: number, all: number | undefined) => {
    assert.is(all, content.length);
    seen.push(done);
  };
  await download(context.client, wanted(context, { onBytes }));
  assert.ok(readFileSync(join(context.folder, 'file')).equals(content));
  assert.equal(
    seen,
    [...seen].sort((a, b) => a - b),
  );
  assert.is(seen.at(-1), content.length);
});

test('a cut connection is resumed where it was cut', async (context) => {
  context.upstream.on(
    '/file',
    serveFile(content, { cutAfter: [100_000, 50_000, 1000, 1000, 1000, 1000] }),
  );
  await download(context.client, wanted(context));
  assert.ok(readFileSync(join(context.folder, 'file')).equals(content));
  assert.is(context.upstream.asked.length, 7);
});

test('a server that cannot resume sends everything again', async (context) => {
  context.upstream.on('/file', serveFile(content, { cutAfter: [100_000], ranges: false }));
  await download(context.client, wanted(context));
  assert.ok(readFileSync(join(context.folder, 'file')).equals(content));
});

test('a file that changed meanwhile is not pieced together from two', async (context) => {
  let first = true;
  context.upstream.on('/file', (request, response) => {
    const old = serveFile(randomBytes(300_000), { cutAfter: [100_000], etag: '"old"' });
    const now = serveFile(content, { etag: '"new"' });
    (first ? old : now)(request, response);
    first = false;
  });
  await download(context.client, wanted(context));
  assert.ok(readFileSync(join(context.folder, 'file')).equals(content));
});

test('a connection that is cut without any progress ends in an error that names the upstream', async (context) => {
  context.upstream.on('/file', (_request, response) => response.destroy());
  const { code, message } = await refusal(context);
  assert.is(code, 'CATALOG_UPSTREAM_UNREACHABLE');
  assert.match(message, /^The Test upstream could not be reached: /);
  assert.is(context.upstream.asked.length, 4);
});

test('a file with another hash is refused', async (context) => {
  context.upstream.on('/file', Buffer.from('something else'));
  const { code, message } = await refusal(context);
  assert.is(code, 'CATALOG_HASH_MISMATCH');
  assert.match(message, `expected ${sha256}`);
});

test('a cut that looks like an end is not taken for the file', async (context) => {
  context.upstream.on('/file', serveFile(content.subarray(0, 1000), { chunked: true }));
  const { code } = await refusal(context, { size: content.length });
  assert.is(code, 'CATALOG_UPSTREAM_UNREACHABLE');
});

test('more than is allowed is refused before it comes, and while it comes', async (context) => {
  context.upstream.on('/file', content);
  assert.is((await refusal(context, { limit: 1000 })).code, 'CATALOG_TOO_LARGE');
  context.upstream.on('/file', serveFile(content, { chunked: true }));
  const { code, hint } = await refusal(context, { limit: 1000 });
  assert.is(code, 'CATALOG_TOO_LARGE');
  assert.match(hint, 'maxArtifactMiB');
});

test('more than the publisher announced is refused', async (context) => {
  context.upstream.on('/file', serveFile(content, { chunked: true }));
  assert.is((await refusal(context, { size: 1000 })).code, 'CATALOG_UPSTREAM_MALFORMED');
});

test('redirects are followed, but not for ever', async (context) => {
  context.upstream.on('/file', content);
  context.upstream.on('/moved', (_request, response) =>
    response.writeHead(302, { location: '/file' }).end(),
  );
  context.upstream.on('/circle', (_request, response) =>
    response.writeHead(302, { location: '/circle' }).end(),
  );
  await download(context.client, wanted(context, { url: `${context.upstream.url}/moved` }));
  rmSync(join(context.folder, 'file'));
  const { message } = await refusal(context, { url: `${context.upstream.url}/circle` });
  assert.match(message, 'more than 5 redirects');
});

test('a redirect to something that is not the web is refused', async (context) => {
  context.upstream.on('/file', (_request, response) =>
    response.writeHead(302, { location: 'ftp://127.0.0.1/file' }).end(),
  );
  assert.match((await refusal(context)).message, 'which is not secure');
});

test('what is not there is said to be not published', async (context) => {
  assert.is((await refusal(context)).code, 'CATALOG_NOT_PUBLISHED');
});

test('a refusal of the server is told with its status', async (context) => {
  context.upstream.on('/file', (_request, response) => response.writeHead(403).end());
  assert.match((await refusal(context)).message, 'it answered 403');
  assert.is(context.upstream.asked.length, 1);
});

test('a server that is overloaded is asked again', async (context) => {
  let times = 0;
  context.upstream.on('/file', (request, response) => {
    times += 1;
    if (times < 3) response.writeHead(503).end();
    else serveFile(content)(request, response);
  });
  await download(context.client, wanted(context));
  assert.is(times, 3);
});

test('a machine that cannot reach the upstream is told so at once', async (context) => {
  const closed = createServer();
  const port = await new Promise<number>((resolve) =>
    closed.listen(0, '127.0.0.1', () => resolve((closed.address() as { port: number }).port)),
  );
  await new Promise((resolve) => closed.close(resolve));
  const { code, message, hint } = await refusal(context, { url: `http://127.0.0.1:${port}/file` });
  assert.is(code, 'CATALOG_UPSTREAM_UNREACHABLE');
  assert.match(message, 'ECONNREFUSED');
  assert.match(hint, 'Test upstream');
});

test('a silent server counts as unreachable', async (context) => {
  const hasty = new UpstreamClient({ userAgent: 'test', timeoutMs: 50, retryDelayMs: 1 });
  context.upstream.on('/file', () => {});
  try {
    await download(hasty, wanted(context));
    assert.unreachable();
  } catch (error) {
    assert.is((error as CodedError).code, 'CATALOG_UPSTREAM_UNREACHABLE');
  } finally {
    await hasty.close();
  }
});

test('a download that is called off ends and leaves nothing', async (context) => {
  const abort = new AbortController();
  context.upstream.on('/file', (_request, response) => {
    response.writeHead(200, { 'content-length': content.length });
    response.write(content.subarray(0, 1000));
  });
  const onBytes = () => abort.abort();
  const { code } = await refusal(context, { signal: abort.signal, onBytes });
  assert.is(code, 'CATALOG_IMPORT_CANCELLED');
});

test.run();
