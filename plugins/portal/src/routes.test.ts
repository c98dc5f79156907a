/** Promises of the portal's files: served small and cached, the page at every address of its own, and nothing from beside it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { Http, Routes } from '@zlh/http';
import http from '@zlh/http/platform';
import { asClass, asValue, definePlugin } from '@zlh/kernel';
import { startTestKernel, type TestKernel } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readPortal } from './files.ts';
import { PortalParts } from './index.ts';
import { Parts } from './parts.ts';
import type { Portal } from './portal.ts';
import { portalRoutes } from './routes.ts';

const script = `export const text = '${'portal '.repeat(500)}';`;
const parent = mkdtempSync(join(tmpdir(), 'zlh-portal-'));
let kernel: TestKernel;

test.before(async () => {
  const folder = join(parent, 'dist');
  mkdirSync(join(folder, 'assets'), { recursive: true });
  writeFileSync(join(parent, 'secret.txt'), 'secret');
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>portal</title>');
  writeFileSync(join(folder, 'assets', 'app-1a2b.js'), script);
  const portal = { files: readPortal(folder) } as Portal;
  const plugin = definePlugin({
    id: 'portal',
    needs: { sets: PortalParts },
    services: { parts: asClass(Parts).singleton(), portal: asValue(portal) },
    setup: ({ add }) => add(Routes, portalRoutes),
  });
  kernel = await startTestKernel({
    plugins: [http, plugin],
    config: { http: { port: 0 } },
    logLevel: 'silent',
  });
});
test.after(async () => {
  await kernel.stop();
  rmSync(parent, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

/** Sends the path as it is, which `fetch` would tidy up, and decompresses nothing. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const { hostname, port } = new URL(kernel.use(Http).url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, headers, method }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () =>
        resolve({
          status: answer.statusCode!,
          headers: answer.headers,
          body: Buffer.concat(chunks),
        }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}

test('the page is at every address of the portal, and asked for again each time', async () => {
  for (const path of [
    '/',
    '/instances',
    '/instances/0190?tab=console',
    '/a/b/c',
    '//',
    '/instances/%2e%2e',
  ]) {
    const { status, headers, body } = await get(path);
    assert.is(status, 200, path);
    assert.match(body.toString(), '<title>portal</title>');
    assert.equal(
      [headers['content-type'], headers['cache-control']],
      ['text/html; charset=utf-8', 'no-cache'],
    );
  }
});

test('what is no file, and what is the API’s, is a problem and not the page', async () => {
  for (const path of [
    '/api/nothing',
    '/api',
    '/health/nothing',
    '/assets/gone.js',
    '/assets',
    '/favicon.ico',
  ]) {
    const { status, headers, body } = await get(path);
    assert.is(status, 404, path);
    assert.match(String(headers['content-type']), 'application/problem+json');
    assert.not.match(body.toString(), '<title>');
  }
});

test('no path leads out of the folder', async () => {
  for (const path of [
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/assets//../../secret.txt',
    '/secret.txt',
  ]) {
    const { status, body } = await get(path);
    assert.is(status, 404, path);
    assert.not.match(body.toString(), /^secret$/);
  }
});

test('a file with its hash in the name is kept for ever, and sent small to who can read it', async () => {
  const plain = await get('/assets/app-1a2b.js');
  assert.is(plain.body.toString(), script);
  assert.match(String(plain.headers['cache-control']), 'immutable');
  assert.is(plain.headers['vary'], 'accept-encoding');
  const small = await get('/assets/app-1a2b.js', { 'accept-encoding': 'gzip, br;q=0.9' });
  assert.is(small.headers['content-encoding'], 'br');
  assert.ok(small.body.length < plain.body.length / 5);
  assert.is(brotliDecompressSync(small.body).toString(), script);
  for (const encodings of ['gzip', 'br;q=0', 'gzip, br; q=0.0', 'brx']) {
    assert.is(
      (await get('/assets/app-1a2b.js', { 'accept-encoding': encodings })).headers[
        'content-encoding'
      ],
      undefined,
      encodings,
    );
  }
});

test('who has it already is told so without getting it again', async () => {
  const { headers } = await get('/');
  const etag = String(headers['etag']);
  for (const tags of [etag, `W/${etag}`, `"other", ${etag}`]) {
    const { status, body } = await get('/', { 'if-none-match': tags });
    assert.equal([status, body.length], [304, 0], tags);
  }
  assert.is((await get('/', { 'if-none-match': '"other"' })).status, 200);
});

test('its head can be asked for, and nothing can be sent to it', async () => {
  const head = await get('/', {}, 'HEAD');
  assert.equal([head.status, head.body.length], [200, 0]);
  assert.is((await get('/', {}, 'POST')).status >= 400, true);
});

test.run();
