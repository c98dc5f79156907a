/**
 * Archives packed to do harm, unpacked by a real agent: each is refused with its own code, nothing of it is in the
 * instance's folder or anywhere else, and the agent lives on.
 */
// time-limit: 300s
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { dressed, startTestAgent, tarOf, zipOf, type TestAgent } from '@zlh/agent/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { filesOf, type FilesClient } from './testing/client.ts';
import { hostileArchives } from './testing/hostile-archives.ts';

let agent: TestAgent;
let files: FilesClient;

test.before(async () => {
  agent = await startTestAgent();
  files = filesOf(agent);
  writeFileSync(join(agent.home, 'secret'), 'secret');
});
test.after(() => agent.end());

/** Code of the refusal or of the operation's error; "succeeded" otherwise. */
async function extract(path: string, to: string, overwrite = false): Promise<string> {
  const operationId = randomUUID();
  const asked = await files.send('POST', '/files/extract', {
    operationId,
    input: { path, to, overwrite },
  });
  if (asked.status !== 202) return String(asked.body['code']);
  const { state, error } = await agent.finished(operationId);
  return error?.code ?? state;
}

/** Of the agent's memory, so far. */
const peakMiB = () =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${agent.pid}/status`, 'utf8'))![1]) / 1024;
const largestMiB = 512;

test('none of them escapes, and each says what is wrong with it', async () => {
  const { pid } = agent;
  assert.ok(hostileArchives.length > 200, `${hostileArchives.length} archives`);
  const wrong: string[] = [];
  for (const { title, code, make } of hostileArchives) {
    writeFileSync(join(files.data, 'archive'), await make());
    const got = await extract('archive', 'out');
    if (got !== code) wrong.push(`${title}: ${got}, not ${code}`);
    if (existsSync(join(files.data, 'out'))) wrong.push(`${title} left something`);
  }
  assert.equal(wrong, []);
  assert.equal(readdirSync(files.data), ['archive']);
  assert.is(existsSync(join(tmpdir(), 'escape')), false);
  assert.is(existsSync(join(agent.home, 'escape')), false);
  assert.is(readFileSync(join(agent.home, 'secret'), 'utf8'), 'secret');
  assert.equal(readdirSync(join(agent.home, 'state/files/work')), []);
  assert.is(agent.pid, pid);
  assert.ok(peakMiB() < largestMiB, `${peakMiB()} MiB of memory`);
  assert.not.match(agent.output, /"level":"(fatal|error)"/);
});

test('what is no archive is refused before there is an operation', async () => {
  await files.put('text', 'no archive');
  assert.is(await extract('text', 'out'), 'FILES_ARCHIVE_UNKNOWN');
  await files.put('nothing', '');
  assert.is(await extract('nothing', 'out'), 'FILES_ARCHIVE_UNKNOWN');
  assert.is(await extract('missing', 'out'), 'FILES_NOT_FOUND');
});

test('a good archive is unpacked with its links, modes and strange names', async () => {
  const tar = await tarOf([
    { name: './', type: 'directory' },
    { name: './bin/run', content: '#!/bin/sh', mode: 0o6755 },
    { name: 'link', type: 'symlink', linkname: 'bin/run' },
    { name: 'bin/up', type: 'symlink', linkname: '../bin/run' },
    { name: 'same', type: 'link', linkname: 'bin/run' },
    { name: 'ünïcode 🎮', content: 'x' },
  ]);
  writeFileSync(join(files.data, 'good.tar'), tar);
  assert.is(await extract('good.tar', 'good'), 'succeeded');
  assert.equal(readdirSync(join(files.data, 'good')).sort(), ['bin', 'link', 'same', 'ünïcode 🎮']);
  const { body } = await files.send<{ items: { name: string; mode: string }[] }>(
    'GET',
    '/files?path=good/bin',
  );
  assert.equal(
    body.items.map(({ name, mode }) => [name, mode]),
    [
      ['run', '755'],
      ['up', '777'],
    ],
  );
});

test('names that are no UTF-8 keep their bytes', async () => {
  const name = Buffer.from([0x66, 0xfc, 0x72]);
  const link = { name: 'link', content: name, mode: 0o120777 };
  writeFileSync(join(files.data, 'latin.zip'), zipOf([{ name, content: 'x' }, link]));
  assert.is(await extract('latin.zip', 'latin'), 'succeeded');
  assert.equal(readlinkSync(join(files.data, 'latin/link'), 'buffer'), name);
  rmSync(join(files.data, 'latin/link'));
  const tar = await tarOf([{ name: 'f_r', content: 'x' }]);
  tar[1] = 0xfc;
  tar.fill(' ', 148, 156);
  const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  for (const [kind, dress] of Object.entries(dressed)) {
    writeFileSync(join(files.data, `latin.${kind}`), dress(tar));
    assert.is(await extract(`latin.${kind}`, `latin-${kind}`), 'succeeded');
  }
  for (const folder of ['latin', 'latin-tar', 'latin-tar.gz', 'latin-tar.zst']) {
    const found = readdirSync(Buffer.from(join(files.data, folder)), { encoding: 'buffer' });
    assert.equal(found, [name]);
  }
});

test('a single packed file is unpacked to its name', async () => {
  const log = Buffer.from('[12:00:00] Done! For help, type "help"\n'.repeat(500));
  const packed: Record<string, Buffer> = {
    'latest.log.gz': gzipSync(log),
    'world.dat.zst': zstdCompressSync(log),
    'old.log.XZ': execFileSync('xz', ['--stdout'], { input: log }),
    level: gzipSync('short'),
  };
  for (const [name, bytes] of Object.entries(packed)) writeFileSync(join(files.data, name), bytes);
  for (const name of Object.keys(packed))
    assert.is(await extract(name, 'single'), 'succeeded', name);
  const names = ['latest.log', 'level.unpacked', 'old.log', 'world.dat'];
  assert.equal(readdirSync(join(files.data, 'single')).sort(), names);
  for (const name of names.filter((each) => each !== 'level.unpacked'))
    assert.ok(readFileSync(join(files.data, 'single', name)).equals(log), name);
});

test('names of macOS, Windows, Japan and China are unpacked', async () => {
  const entries = [
    [{ name: 'Überwelt/Größe.txt', flags: 0 }],
    [
      { name: 'plugins\\config.yml', system: 0 },
      { name: 'a/b', system: 0 },
    ],
    [{ name: Buffer.from('\x95\x5c.txt', 'latin1'), flags: 0 }],
    [{ name: Buffer.from('\xd5\x5c/x', 'latin1'), flags: 0 }],
  ];
  for (const [index, zip] of entries.entries()) {
    writeFileSync(join(files.data, 'names.zip'), zipOf(zip));
    assert.is(await extract('names.zip', `names/${index}`), 'succeeded');
  }
  const found = readdirSync(join(files.data, 'names'), { recursive: true }) as string[];
  for (const name of ['0/Überwelt/Größe.txt', '1/plugins/config.yml', '2/表.txt'])
    assert.ok(found.includes(name), name);
});

test('what is there is kept unless it may be replaced', async () => {
  writeFileSync(
    join(files.data, 'two.zip'),
    zipOf([
      { name: 'a', content: 'new' },
      { name: 'b/c', content: 'new' },
    ]),
  );
  await files.send('POST', '/files/mkdir', { path: 'there' });
  await files.put('there/a', 'old');
  assert.is(await extract('two.zip', 'there'), 'FILES_EXISTS');
  assert.equal(readdirSync(join(files.data, 'there')), ['a']);
  assert.is(await extract('two.zip', 'there', true), 'succeeded');
  assert.is(readFileSync(join(files.data, 'there/a'), 'utf8'), 'new');
  assert.is(readFileSync(join(files.data, 'there/b/c'), 'utf8'), 'new');
});

test.run();
