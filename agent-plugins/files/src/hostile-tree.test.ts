/**
 * Trees made to do harm, and games that change them as fast as they can: devices and pipes, folders of many entries, the
 * longest names, depths that no path reaches. Each request is answered, with a code of its own where it is refused, and
 * nothing outside is told or touched.
 */
// time-limit: 300s
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { startTestAgent, tarOf, type TestAgent } from '@zlh/agent/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import type { FilePage } from './index.ts';
import { filesOf, type FilesClient } from './testing/client.ts';

let agent: TestAgent;
let files: FilesClient;
const at = (path: string) => join(files.data, path);

test.before(async () => {
  agent = await startTestAgent();
  files = filesOf(agent);
});
test.after(() => agent.end());

/** Code of the refusal or of the operation's error; "succeeded" otherwise. */
async function act(action: 'copy' | 'archive' | 'extract', input: object): Promise<string> {
  const operationId = randomUUID();
  const asked = await files.send('POST', `/files/${action}`, { operationId, input });
  if (asked.status !== 202) return String(asked.body['code']);
  const { state, error } = await agent.finished(operationId);
  return error?.code ?? state;
}
const remove = (path: string) =>
  files.outcome('DELETE', `/files/content?path=${encodeURIComponent(path)}`);
async function trashIsEmpty(): Promise<void> {
  const trash = join(agent.home, 'state/files/trash');
  while (readdirSync(trash).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
}

when(await needs.root())('devices are told, and neither opened nor copied nor packed', async () => {
  mkdirSync(at('dev'));
  const kinds = [
    ['zero', 'c', '1', '5'],
    ['disk', 'b', '7', '99'],
    ['pipe', 'p'],
  ] as const;
  for (const [name, ...how] of kinds) execFileSync('mknod', [at(`dev/${name}`), ...how]);
  writeFileSync(at('dev/file'), 'x');
  const { items } = (await files.send<FilePage>('GET', '/files?path=dev')).body;
  assert.equal(
    items.map(({ name, type }) => `${name} ${type}`),
    ['disk other', 'file file', 'pipe other', 'zero other'],
  );
  for (const [name] of kinds) {
    const path = `dev/${name}`;
    for (const [method, body] of [['GET'], ['PUT', 'x']] as const)
      assert.is(
        await files.outcome(method, `/files/content?path=${path}`, body),
        'FILES_NOT_A_FILE',
      );
    assert.is(await act('copy', { from: path, to: 'c' }), 'FILES_NOT_A_FILE');
    assert.is(await act('extract', { path, to: 'e' }), 'FILES_NOT_A_FILE');
    assert.is(await act('archive', { path, to: 'a.zip' }), 'FILES_NOT_A_FILE');
    assert.is(
      await files.outcome('POST', '/uploads', {
        id: '0'.repeat(32),
        path,
        size: 1,
        overwrite: true,
      }),
      'FILES_NOT_A_FILE',
    );
  }
  for (const format of ['tar', 'zip'])
    assert.is((await files.send('GET', `/files/archive?path=dev&format=${format}`)).status, 200);
  assert.is(await act('copy', { from: 'dev', to: 'copied' }), 'succeeded');
  assert.equal(readdirSync(at('copied')), ['file']);
  const moved = { from: 'dev/zero', to: 'dev/null' };
  assert.is(await files.outcome('POST', '/files/rename', moved), '200');
  assert.ok(statSync(at('dev/null')).isCharacterDevice());
  for (const path of ['dev', 'copied']) assert.is(await remove(path), '204');
  await trashIsEmpty();
});

when(await needs.mounts())('a disk that a host has mounted is read, and nothing else', async () => {
  for (const path of ['disk', 'beside']) mkdirSync(at(path));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', at('disk')]);
  try {
    writeFileSync(at('disk/file'), 'mounted');
    assert.is((await files.get('disk/file')).bytes.toString(), 'mounted');
    assert.is(await act('copy', { from: 'disk', to: 'of-disk' }), 'succeeded');
    assert.is(readFileSync(at('of-disk/file'), 'utf8'), 'mounted');
    const rename = (from: string, to: string) =>
      files.outcome('POST', '/files/rename', { from, to });
    for (const outcome of [
      files.outcome('PUT', '/files/content?path=disk/new', 'x'),
      act('copy', { from: 'beside', to: 'disk/copy' }),
      rename('disk/file', 'moved'),
      rename('of-disk/file', 'disk/other'),
      rename('disk', 'moved'),
      remove('disk/file'),
      remove('disk'),
    ])
      assert.is(await outcome, 'FILES_OTHER_DISK');
    assert.equal(readdirSync(at('disk')), ['file']);
  } finally {
    execFileSync('umount', [at('disk')]);
  }
  for (const path of ['disk', 'beside', 'of-disk']) assert.is(await remove(path), '204');
});

/** Ten times as many were tried, too: 30 s to pack, 60 s to copy, 340 MB at most. */
const many = 10_000;

test('many entries are listed, searched, packed, copied and deleted', async () => {
  mkdirSync(at('many'));
  for (let number = 0; number < many; number++) writeFileSync(at(`many/${number}`), '');
  const page = (await files.send<FilePage>('GET', '/files?path=many&limit=1000')).body;
  assert.is(page.items.length, 1000);
  assert.is((await files.send('GET', '/files/search?path=many&name=9999')).status, 200);
  assert.is(await act('archive', { path: 'many', to: 'many.tar.zst' }), 'succeeded');
  assert.is(await act('copy', { from: 'many', to: 'many-2' }), 'succeeded');
  assert.is(await act('extract', { path: 'many.tar.zst', to: 'many-3' }), 'succeeded');
  assert.is(readdirSync(at('many-3')).length, many);
  for (const path of ['many', 'many-2', 'many-3']) assert.is(await remove(path), '204');
  assert.is((await files.send('GET', '/files')).status, 200);
  await trashIsEmpty();
});

/** Deeper than any path may be long: built from the inside. */
function makeDeep(name: string, level: string, levels: number): void {
  mkdirSync(at(name));
  for (let depth = 0; depth < levels; depth++) {
    mkdirSync(at('next'));
    renameSync(at(name), at(join('next', level)));
    renameSync(at('next'), at(name));
  }
}

test('what is deeper than paths go, and has the longest names, is refused with a code, and deleted', async () => {
  makeDeep('deep', 'd', 2000);
  makeDeep('wide', 'w'.repeat(255), 200);
  makeDeep('high', '\u20ac'.repeat(85), 100);
  for (const path of ['deep', 'wide']) {
    assert.is(await act('copy', { from: path, to: 'c' }), 'FILES_TOO_DEEP');
    assert.is(await act('archive', { path, to: 'a.zip' }), 'FILES_TOO_DEEP');
    assert.is((await files.send('GET', `/files/search?path=${path}&name=x`)).status, 200);
  }
  assert.is(await act('copy', { from: 'high', to: 'c' }), 'FILES_TOO_DEEP');
  assert.is(await act('archive', { path: 'high', to: 'high.zip' }), 'succeeded');
  assert.is(
    await files.outcome('POST', '/files/rename', { from: 'deep', to: 'deep/d/x' }),
    'FILES_INTO_ITSELF',
  );
  const response = await files
    .send('GET', '/files/archive?path=deep&format=zip')
    .catch((error: unknown) => error);
  assert.ok(response instanceof Error, 'what is broken off does not end well');
  for (const path of ['deep', 'wide', 'high', 'high.zip']) assert.is(await remove(path), '204');
  await trashIsEmpty();
});

test('names of bytes that are no text, as long and deep as they may be, are packed or refused', async () => {
  const name = Buffer.alloc(255, 0xff).toString('latin1');
  const root = Buffer.from(at('bytes'));
  mkdirSync(root);
  for (let depth = 0; depth < 120; depth++) {
    const [next, inner] = [Buffer.from(at('next')), Buffer.from(name, 'latin1')];
    mkdirSync(next);
    renameSync(root, Buffer.concat([next, Buffer.from('/'), inner]));
    renameSync(next, root);
  }
  assert.is(await act('archive', { path: 'bytes', to: 'bytes.zip' }), 'FILES_TOO_DEEP');
  assert.is(await act('archive', { path: 'bytes', to: 'bytes.tar' }), 'succeeded');
  assert.is(await remove('bytes'), '204');
  await trashIsEmpty();
});

test('times before all time and after it are listed, packed and copied', async () => {
  mkdirSync(at('times'));
  for (const [name, time] of [
    ['old', '1901-12-14'],
    ['new', '2446-01-01'],
    ['file', '1960-01-01'],
  ] as const) {
    writeFileSync(at(`times/${name}`), name);
    execFileSync('touch', ['-d', time, at(`times/${name}`)]);
  }
  assert.is((await files.send('GET', '/files?path=times')).status, 200);
  for (const format of ['tar', 'zip']) {
    assert.is(await act('archive', { path: 'times', to: `times.${format}` }), 'succeeded');
    assert.is(await act('extract', { path: `times.${format}`, to: `of-${format}` }), 'succeeded');
    assert.equal(readdirSync(at(`of-${format}`)), ['file', 'new', 'old']);
  }
  const { stdout, stderr } = spawnSync('tar', ['-tvf', at('times.tar')], { env: { TZ: 'UTC' } });
  assert.is(stderr.toString(), '', 'others read it without a word');
  assert.match(stdout.toString(), /1970-01-01.* file\n/);
  assert.is(await act('copy', { from: 'times', to: 'times-2' }), 'succeeded');
});

/** No link is followed, for those that were copied lead outside; by itself Node would. */
function namesBelow(folder: string): string[] {
  if (!existsSync(folder)) return []; // it was refused
  return readdirSync(folder, { withFileTypes: true }).flatMap((each) => [
    each.name,
    ...(each.isDirectory() ? namesBelow(join(folder, each.name)) : []),
  ]);
}

test('a game that swaps a folder for a link while it is worked on wins nothing', async () => {
  const outside = join(agent.home, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'file'), 'outside');
  writeFileSync(join(outside, 'only-outside'), 'outside');
  writeFileSync(
    at('in.tar'),
    await tarOf([
      { name: 'file', content: 'in' },
      { name: 'new/x', content: 'in' },
    ]),
  );
  writeFileSync(at('mine'), 'mine');
  const racer = spawn(
    process.execPath,
    [
      '-e',
      `
    const fs = require('fs'); process.chdir(${JSON.stringify(files.data)});
    fs.mkdirSync('top/swap-real', { recursive: true }); fs.writeFileSync('top/swap-real/file', 'inside');
    fs.symlinkSync('../../outside', 'top/swap-link'); fs.renameSync('top/swap-real', 'top/swap');
    process.stdout.write('racing'); process.chdir('top');
    let made = 0;
    const put = (name) => {
      try { fs.renameSync(name, 'swap'); }
      catch { fs.renameSync('swap', 'made-' + made++); fs.renameSync(name, 'swap'); } // an agent made one meanwhile
    };
    for (;;) { fs.renameSync('swap', 'swap-real'); put('swap-link');
               fs.renameSync('swap', 'swap-link'); put('swap-real'); }`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(racer, 'exit');
  await once(racer.stdout, 'data');
  const seen = new Map<string, number>();
  const note = (what: string, code: string) =>
    seen.set(`${what} ${code}`, (seen.get(`${what} ${code}`) ?? 0) + 1);
  const id = () => randomUUID().replaceAll('-', '');
  try {
    for (let round = 0; round < 25; round++) {
      note('copy', await act('copy', { from: 'top', to: 'top-2' }));
      note('copy in', await act('copy', { from: 'mine', to: `top/swap/copy-${round}` }));
      note('extract', await act('extract', { path: 'in.tar', to: 'top/swap', overwrite: true }));
      note('archive', await act('archive', { path: 'top/swap', to: 'swap.tar' }));
      note(
        'rename',
        await files.outcome('POST', '/files/rename', {
          from: 'top/swap/file',
          to: `top/swap/moved-${round}`,
        }),
      );
      note('mkdir', await files.outcome('POST', '/files/mkdir', { path: `top/swap/dir-${round}` }));
      note(
        'upload',
        await files.outcome('POST', '/uploads', {
          id: id(),
          path: `top/swap/up-${round}/x`,
          size: 0,
        }),
      );
      note('delete', await remove('top/swap/file'));
      const found = await files.send('GET', '/files/search?path=top&name=only');
      assert.not.match(found.bytes.toString(), 'only-outside');
      const streamed = await files
        .send('GET', '/files/archive?path=top&format=tar')
        .catch(() => undefined);
      assert.is(streamed?.bytes.includes('only-outside') ?? false, false);
      assert.not.match(namesBelow(at('top-2')).join(), 'only-outside');
      const packed = await files.get('swap.tar');
      assert.is(packed.bytes.includes('only-outside'), false);
      for (const path of ['top-2', 'swap.tar']) await remove(path);
    }
  } finally {
    racer.kill('SIGKILL');
    await ended;
  }
  assert.is(racer.signalCode, 'SIGKILL', 'it raced to the end');
  assert.equal(readdirSync(outside), ['file', 'only-outside']);
  assert.is(readFileSync(join(outside, 'file'), 'utf8'), 'outside');
  assert.equal(
    [...seen.keys()].filter((key) => /undefined|without a code|INTERNAL/.test(key)),
    [],
  );
});

test('the agent lives on', async () => {
  assert.is((await files.send('GET', '/files')).status, 200);
  assert.not.match(agent.output, /"level":"(error|fatal)"/);
});

test.run();
