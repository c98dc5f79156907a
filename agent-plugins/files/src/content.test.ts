/** Files of a real agent: read, written, renamed, deleted, and kept apart when two people write at once. */
import { randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { startTestAgent, type TestAgent } from '@zlh/agent/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { FileEntry, FilePage } from './index.ts';
import { filesOf, type FilesClient } from './testing/client.ts';

let agent: TestAgent;
let files: FilesClient;

test.before(async () => {
  agent = await startTestAgent();
  files = filesOf(agent);
});
test.after(() => agent.end());

test('what is written is read again, whole and in parts', async () => {
  const made = await files.put('notes.txt', 'hello world');
  assert.is(made.status, 201);
  const { bytes, headers } = await files.get('notes.txt');
  assert.is(bytes.toString(), 'hello world');
  assert.is(headers.get('etag'), made.headers.get('etag'));
  const part = await files.get('notes.txt', { range: 'bytes=6-' });
  assert.equal([part.status, part.bytes.toString()], [206, 'world']);
  assert.is(part.headers.get('content-range'), 'bytes 6-10/11');
  assert.is((await files.get('notes.txt', { range: 'bytes=-5' })).bytes.toString(), 'world');
  assert.is((await files.get('notes.txt', { range: 'bytes=11-' })).status, 416);
  assert.is((await files.get('notes.txt', { 'if-none-match': headers.get('etag')! })).status, 304);
});

test('an empty file is a file', async () => {
  assert.is((await files.put('empty', '')).status, 201);
  const { status, bytes } = await files.get('empty');
  assert.equal([status, bytes.length], [200, 0]);
});

test('of two editors the second is told both tags, and nothing is lost', async () => {
  const first = (await files.put('config.yml', 'a: 1')).headers.get('etag')!;
  const second = await files.put('config.yml', 'a: 2', { 'if-match': first });
  assert.is(second.status, 200);
  const late = await files.put('config.yml', 'a: 3', { 'if-match': first });
  assert.is(late.status, 409);
  assert.is(late.body['code'], 'FILES_CHANGED');
  assert.equal([late.body['etag'], late.body['expected']], [second.headers.get('etag'), first]);
  assert.is((await files.get('config.yml')).bytes.toString(), 'a: 2');
});

test('what is deleted is the version that was named', async () => {
  const remove = (path: string, tag: string) =>
    files.send('DELETE', `/files/content?path=${path}`, undefined, { 'if-match': tag });
  const first = (await files.put('old.yml', '1')).headers.get('etag')!;
  const second = (await files.put('old.yml', '2')).headers.get('etag')!;
  const late = await remove('old.yml', first);
  assert.equal([late.status, late.body['code']], [409, 'FILES_CHANGED']);
  assert.equal([late.body['etag'], late.body['expected']], [second, first]);
  assert.is((await files.get('old.yml')).status, 200);
  assert.is((await remove('old.yml', second)).status, 204);
  assert.equal(
    [(await remove('old.yml', second)).body['code'], (await remove('old.yml', '*')).status],
    ['FILES_CHANGED', 409],
  );
  const folder = (await files.send<FileEntry>('POST', '/files/mkdir', { path: 'saves' })).body.etag;
  await files.put('saves/new', 'x');
  assert.is((await remove('saves', folder)).body['code'], 'FILES_CHANGED');
  assert.is((await files.get('saves/new')).status, 200);
});

test('what is renamed, and what it replaces, is the version that was named', async () => {
  const rename = (more: object) =>
    files.send('POST', '/files/rename', { from: 'r1', to: 'r2', ...more });
  const source = (await files.put('r1', '1')).headers.get('etag')!;
  assert.is((await rename({ ifMatchTo: '*' })).body['code'], 'FILES_CHANGED', 'nothing is there');
  const seen = (await files.put('r2', '2')).headers.get('etag')!;
  const there = (await files.put('r2', '3')).headers.get('etag')!;
  const late = await rename({ ifMatch: source, ifMatchTo: seen, overwrite: true });
  assert.equal([late.status, late.body['code']], [409, 'FILES_CHANGED']);
  assert.equal([late.body['etag'], late.body['expected']], [there, seen]);
  const other = await rename({ ifMatch: there, overwrite: true });
  assert.equal([other.body['etag'], other.body['expected']], [source, there]);
  assert.is((await files.get('r2')).bytes.toString(), '3');
  const done = await rename({ ifMatch: source, ifMatchTo: there });
  assert.is(done.status, 200);
  const { bytes, headers } = await files.get('r2');
  assert.equal([bytes.toString(), headers.get('etag')], ['1', done.body['etag']]);
});

test('a write that keeps size and time is another version all the same', async () => {
  const path = join(files.data, 'kept');
  const long = new Date(1_000_000_000_000);
  writeFileSync(path, 'one');
  utimesSync(path, long, long);
  const tag = (await files.get('kept')).headers.get('etag')!;
  writeFileSync(path, 'two');
  utimesSync(path, long, long);
  assert.is((await files.put('kept', 'six', { 'if-match': tag })).body['code'], 'FILES_CHANGED');
  assert.is(readFileSync(path, 'utf8'), 'two');
});

test('of many that make the same file at once one does', async () => {
  const tries = Array.from({ length: 8 }, (_, at) =>
    files.put('raced', `by ${at}`, { 'if-none-match': '*' }),
  );
  const statuses = (await Promise.all(tries)).map(({ status }) => status);
  assert.equal(statuses.sort(), [201, 409, 409, 409, 409, 409, 409, 409]);
});

test('a folder is listed in pages, each name once and in order', async () => {
  mkdirSync(join(files.data, 'many'));
  for (let at = 0; at < 250; at++) writeFileSync(join(files.data, 'many', `f${at}`), '');
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const query = `path=many&limit=100${cursor === null ? '' : `&cursor=${cursor}`}`;
    const page: FilePage = (await files.send<FilePage>('GET', `/files?${query}`)).body;
    seen.push(...page.items.map(({ name }) => name));
    cursor = page.nextCursor;
  } while (cursor !== null);
  assert.equal(seen, readdirSync(join(files.data, 'many')).sort());
});

test('names that are no UTF-8 are listed, read, renamed and deleted', async () => {
  const raw = Buffer.from([0x61, 0xff, 0x62]);
  writeFileSync(Buffer.concat([Buffer.from(`${files.data}/`), raw]), 'latin');
  const page = (await files.send<FilePage>('GET', '/files')).body;
  const entry = page.items.find(({ name }) => name.includes('\uf7ff'))!;
  assert.is(entry.path, 'a\uf7ffb');
  assert.is((await files.get(entry.path)).bytes.toString(), 'latin');
  const renamed = await files.send('POST', '/files/rename', { from: entry.path, to: 'ab' });
  assert.is(renamed.status, 200);
  assert.is((await files.get('ab')).bytes.toString(), 'latin');
});

test('a link is told, renamed and deleted, and never followed', async () => {
  mkdirSync(join(files.data, 'real'));
  writeFileSync(join(files.data, 'real', 'file'), 'behind');
  symlinkSync('real', join(files.data, 'to-folder'));
  symlinkSync('/etc/hostname', join(files.data, 'to-file'));
  const { items } = (await files.send<FilePage>('GET', '/files')).body;
  const told = items.filter(({ type }) => type === 'link');
  assert.equal(
    told.map(({ name, target }) => [name, target]),
    [
      ['to-file', '/etc/hostname'],
      ['to-folder', 'real'],
    ],
  );
  const at = (path: string) => `/files/content?path=${path}`;
  assert.is(await files.outcome('GET', at('to-file')), 'FILES_IS_LINK');
  assert.is(await files.outcome('PUT', at('to-file'), 'x'), 'FILES_IS_LINK');
  assert.is(await files.outcome('GET', at('to-folder/file')), 'FILES_IS_LINK');
  assert.is(await files.outcome('PUT', at('to-folder/new'), 'x'), 'FILES_IS_LINK');
  assert.is(
    await files.outcome('POST', '/files/chmod', { path: 'to-file', mode: '777' }),
    'FILES_IS_LINK',
  );
  assert.is(await files.outcome('DELETE', at('to-folder')), '204');
  assert.is(readFileSync(join(files.data, 'real', 'file'), 'utf8'), 'behind');
});

test('the missing folders of a path are made by every way to write', async () => {
  const operation = async (name: string, input: object) => {
    const operationId = randomUUID();
    const { status } = await files.send('POST', `/files/${name}`, { operationId, input });
    return status === 202 ? (await agent.finished(operationId)).state : String(status);
  };
  assert.is((await files.put('made/by/put', 'x')).status, 201);
  assert.is(await files.outcome('POST', '/files/mkdir', { path: 'made/by/mkdir/here' }), '201');
  assert.is(await operation('copy', { from: 'made/by/put', to: 'made/copy/a' }), 'succeeded');
  assert.is(await operation('archive', { path: 'made/by', to: 'made/zip/a.zip' }), 'succeeded');
  const rename = (from: string, to: string, more: object = {}) =>
    files.outcome('POST', '/files/rename', { from, to, ...more });
  assert.is(await rename('made/copy/a', 'made/rename/b'), '200');
  for (const path of ['made/by/mkdir/here', 'made/zip/a.zip', 'made/rename/b'])
    assert.ok(existsSync(join(files.data, path)), path);
  assert.is(await rename('nothing', 'made/never/a'), 'FILES_NOT_FOUND');
  assert.is(await rename('made', 'made/never/a'), 'FILES_INTO_ITSELF');
  const changed = await files.put('made/never/a', 'x', { 'if-match': '"tag"' });
  assert.is(changed.body['code'], 'FILES_CHANGED');
  assert.not.ok(existsSync(join(files.data, 'made/never')));
});

test('a folder is deleted with all that is in it, at once', async () => {
  let deep = join(files.data, 'deep');
  for (let level = 0; level < 60; level++) deep = join(deep, 'x');
  mkdirSync(deep, { recursive: true });
  assert.is(await files.outcome('DELETE', '/files/content?path=deep'), '204');
  assert.is(await files.outcome('GET', '/files?path=deep'), 'FILES_NOT_FOUND');
});

test('permissions are changed, and special bits are not to be had', async () => {
  await files.put('run.sh', '#!/bin/sh');
  const { body } = await files.send<FileEntry>('POST', '/files/chmod', {
    path: 'run.sh',
    mode: '755',
  });
  assert.is(body.mode, '755');
  assert.is(
    await files.outcome('POST', '/files/chmod', { path: 'run.sh', mode: '4755' }),
    'AGENT_INVALID',
  );
  await files.put('run.sh', 'changed');
  assert.is(statSync(join(files.data, 'run.sh')).mode & 0o7777, 0o755, 'a new version keeps them');
});

test('a rename replaces only when it is told to', async () => {
  await files.put('one', '1');
  await files.put('two', '2');
  const to = { from: 'one', to: 'two' };
  assert.is(await files.outcome('POST', '/files/rename', to), 'FILES_EXISTS');
  assert.is(await files.outcome('POST', '/files/rename', { ...to, overwrite: true }), '200');
  assert.is((await files.get('two')).bytes.toString(), '1');
  await files.send('POST', '/files/mkdir', { path: 'box' });
  assert.is(
    await files.outcome('POST', '/files/rename', { from: 'box', to: 'box/in' }),
    'FILES_INTO_ITSELF',
  );
});

test('names are searched below a folder', async () => {
  await files.send('POST', '/files/mkdir', { path: 'world' });
  await files.put('world/LEVEL.dat', '');
  const { body } = await files.send<{ items: FileEntry[] }>('GET', '/files/search?name=level');
  assert.equal(
    body.items.map(({ path }) => path),
    ['world/LEVEL.dat'],
  );
});

test.run();
