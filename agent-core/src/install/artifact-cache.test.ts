/** Downloads that are cut, wrong or endless, and archives that want out. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { CodedError } from '@zlh/kernel';
import { scaled } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ArtifactFormat, ArtifactRef } from '../contract/spec.ts';
import { createPlatformClient } from '../platform/platform-client.ts';
import { tarOf, zipOf, type TarEntry, type ZipEntry } from '../testing/archives.ts';
import { sendRange, startFakePlatform, type FakePlatform } from '../testing/fake-platform.ts';
import { ArtifactCache } from './artifact-cache.ts';
import { defaultLimits } from './unpack.ts';

const credentials = { instanceId: 'one', token: 't'.repeat(32), key: () => Buffer.alloc(32) };
let platform: FakePlatform;
let folder: string;

test.before(async () => {
  platform = await startFakePlatform();
});
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'zlh-cache-'));
  platform.onArtifact = () => false;
});
test.after.each(() => rmSync(folder, { recursive: true, force: true }));
test.after(() => platform.close());

const limits = { ...defaultLimits, entries: 100, bytes: 80 * 2 ** 20, ratio: 10 };

function cacheOf(owner = 'one', home = folder): ArtifactCache {
  const client = createPlatformClient(() => platform.url, credentials);
  return new ArtifactCache({
    folder,
    owner,
    home,
    platform: client,
    limits,
    patienceMs: scaled(1_500),
  });
}

function offer(
  bytes: Buffer,
  format: ArtifactFormat,
  change: Partial<ArtifactRef> = {},
): ArtifactRef {
  return { name: 'game', sha256: platform.offer(bytes), size: bytes.length, format, ...change };
}

const never = new AbortController().signal;

async function install(artifact: ArtifactRef, cache = cacheOf()): Promise<string> {
  await cache.download(artifact, never, () => {});
  await cache.unpack(artifact, never);
  await cache.discard(artifact);
  assert.ok(await cache.isWhole(artifact));
  return cache.path(artifact);
}

async function refusal(work: Promise<unknown>): Promise<CodedError> {
  try {
    await work;
  } catch (error) {
    assert.instance(error, CodedError, String(error));
    return error as CodedError;
  }
  throw new Error('it was not refused');
}

/** Nothing but the agent's own work folder, and that empty. */
function assertNothingInstalled(): void {
  assert.equal(readdirSync(folder), ['.work']);
  assert.equal(
    readdirSync(join(folder, '.work', 'one')).filter((name) => name.endsWith('.new')),
    [],
  );
}

test('files, tars and zips arrive read-only, with their links and modes', async () => {
  const file = await install(
    offer(Buffer.from('#!/bin/sh'), 'file', { fileName: 'run.sh', executable: true }),
  );
  assert.is(statSync(file).mode & 0o777, 0o555);
  const tar = await tarOf([
    { name: './', type: 'directory' },
    { name: 'bin/java', content: 'java', mode: 0o755 },
    { name: 'lib/link', type: 'symlink', linkname: '../bin/java' },
    { name: 'lib/same', type: 'link', linkname: 'bin/java' },
  ]);
  for (const artifact of [offer(tar, 'tar'), offer(gzipSync(tar), 'tar.gz')]) {
    const root = await install(artifact);
    assert.is(readFileSync(join(root, 'lib/link'), 'utf8'), 'java');
    assert.is(readFileSync(join(root, 'lib/same'), 'utf8'), 'java');
    assert.is(statSync(join(root, 'bin/java')).mode & 0o777, 0o555);
  }
  const zip = zipOf([
    { name: 'a/', mode: 0o040755 },
    { name: 'a/b.txt', content: 'text' },
  ]);
  const root = await install(offer(zip, 'zip'));
  assert.is(readFileSync(join(root, 'a/b.txt'), 'utf8'), 'text');
  assert.is(statSync(join(root, 'a/b.txt')).mode & 0o777, 0o444);
});

test('a transfer cut again and again is resumed where it stopped', async () => {
  const bytes = Buffer.alloc(300_000, 'abc');
  const ranges: string[] = [];
  let cut = (_have: number) => {};
  platform.onArtifact = (request, response) => {
    ranges.push(request.headers.range ?? 'all');
    if (ranges.length > 3) return false;
    const start = Number(/\d+/.exec(request.headers.range ?? '0')![0]);
    response.writeHead(start === 0 ? 200 : 206, {
      'content-length': bytes.length - start,
      'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}`,
    });
    response.write(bytes.subarray(start, start + 70_000));
    // Only when all of it has arrived: what a broken connection still held is rightly asked for again.
    cut = (have) => void (have === start + 70_000 && response.destroy());
    return true;
  };
  const artifact = offer(bytes, 'file');
  await cacheOf().download(artifact, never, (have) => cut(have));
  await install(artifact);
  assert.equal(ranges, ['all', 'bytes=70000-', 'bytes=140000-', 'bytes=210000-']);
});

test('an agent that died half way goes on with what it had', async () => {
  const bytes = Buffer.alloc(100_000, 'xyz');
  const artifact = offer(bytes, 'file');
  const dying = new AbortController();
  platform.onArtifact = (_request, response) => {
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, 60_000));
    return true;
  };
  const first = cacheOf().download(artifact, dying.signal, () => dying.abort());
  await first.then(
    () => assert.unreachable(),
    () => {},
  );
  let range = '';
  platform.onArtifact = (request, response) => {
    range = request.headers.range ?? 'all';
    sendRange(request, response, bytes);
    return true;
  };
  await install(artifact);
  assert.match(range, /^bytes=[1-9]\d+-$/);
});

test('wrong bytes, too many bytes and bytes nobody has are refused and leave nothing', async () => {
  const right = Buffer.from('right');
  const sha256 = createHash('sha256').update(right).digest('hex');
  const artifact: ArtifactRef = { name: 'game', sha256, size: 5, format: 'file' };
  const answer = (text: string) => {
    platform.onArtifact = (_request, response) => {
      response.end(text);
      return true;
    };
  };
  answer('wrong');
  assert.is(
    (await refusal(cacheOf().download(artifact, never, () => {}))).code,
    'AGENT_ARTIFACT_HASH',
  );
  answer('right and more');
  assert.is(
    (await refusal(cacheOf().download(artifact, never, () => {}))).code,
    'AGENT_ARTIFACT_SIZE',
  );
  platform.onArtifact = () => false;
  assert.is(
    (await refusal(cacheOf().download(artifact, never, () => {}))).code,
    'AGENT_ARTIFACT_UNAVAILABLE',
  );
  answer('rig');
  assert.is(
    (await refusal(cacheOf().download(artifact, never, () => {}))).code,
    'AGENT_PLATFORM_UNREACHABLE',
  );
  assert.is(
    (await refusal(cacheOf().download({ ...artifact, size: 2 ** 43 }, never, () => {}))).code,
    'AGENT_DISK_FULL',
  );
});

test('two agents that install the same artifact at once both succeed', async () => {
  const tar = await tarOf([
    { name: 'a', content: 'a' },
    { name: 'b/c', content: 'c' },
  ]);
  const artifact = offer(tar, 'tar');
  const agents = ['one', 'two', 'three', 'four'].map((owner) => cacheOf(owner));
  const paths = await Promise.all(agents.map((cache) => install(artifact, cache)));
  assert.is(new Set(paths).size, 1);
});

test('a damaged artifact is noticed and replaced', async () => {
  const artifact = offer(await tarOf([{ name: 'a', content: 'whole' }]), 'tar');
  const root = await install(artifact);
  chmodSync(join(root, 'a'), 0o644);
  writeFileSync(join(root, 'a'), 'no');
  assert.is(await cacheOf().isWhole(artifact), false);
  await install(artifact);
  assert.is(readFileSync(join(root, 'a'), 'utf8'), 'whole');
});

test('a single file that rotted is thrown away, and what is whole stays', async () => {
  const [rotten, whole] = [offer(Buffer.from('one'), 'file'), offer(Buffer.from('two'), 'file')];
  const [bad, good] = [await install(rotten), await install(whole)];
  chmodSync(bad, 0o644);
  writeFileSync(bad, 'eno');
  await cacheOf().dropDamaged([rotten, whole], new AbortController().signal);
  assert.not.ok(existsSync(bad));
  assert.ok(existsSync(good));
  await install(rotten);
  assert.is(readFileSync(bad, 'utf8'), 'one');
});

const long = 'x'.repeat(300);
const hostileTars: Readonly<Record<string, readonly TarEntry[]>> = {
  'a name with ..': [{ name: '../outside', content: 'x' }],
  'a name with .. inside': [{ name: 'a/../../outside', content: 'x' }],
  'an absolute name': [{ name: '/tmp/zlh-outside', content: 'x' }],
  'a link to an absolute path': [{ name: 'a', type: 'symlink', linkname: '/etc' }],
  'a link out': [{ name: 'a', type: 'symlink', linkname: '../..' }],
  'a link to nothing': [{ name: 'a', type: 'symlink', linkname: 'b' }],
  'a link to itself': [{ name: 'a', type: 'symlink', linkname: 'a' }],
  'a link, then a file through it': [
    { name: 'a', type: 'symlink', linkname: 'b' },
    { name: 'a/outside', content: 'x' },
  ],
  'a file, then a file below it': [
    { name: 'a', content: 'x' },
    { name: 'a/b', content: 'x' },
  ],
  'links that only together lead out': [
    { name: 'd/e/f/x', content: 'x' },
    { name: 'd/e/f/up', type: 'symlink', linkname: '../../..' },
    { name: 'd/e/f/out', type: 'symlink', linkname: 'up/..' },
  ],
  'a hard link out': [{ name: 'a', type: 'link', linkname: '../../etc/passwd' }],
  'a hard link to an absolute path': [{ name: 'a', type: 'link', linkname: '/etc/passwd' }],
  'a hard link to a symbolic link': [
    { name: 'x', content: 'x' },
    { name: 'a', type: 'symlink', linkname: 'x' },
    { name: 'b', type: 'link', linkname: 'a' },
  ],
  'a device': [{ name: 'a', type: 'character-device', devmajor: 1, devminor: 3 }],
  'a pipe': [{ name: 'a', type: 'fifo' }],
  'a name twice': [
    { name: 'a', content: 'x' },
    { name: './a', content: 'y' },
  ],
  'a folder where a file was': [
    { name: 'a', content: 'x' },
    { name: 'a', type: 'directory' },
  ],
  'a file where a folder was': [
    { name: 'a', type: 'directory' },
    { name: 'a', content: 'x' },
  ],
  'a name with a newline': [{ name: 'a\nb', content: 'x' }],
  'a name with a backslash': [{ name: '..\\outside', content: 'x' }],
  'a part that is too long': [{ name: long, content: 'x' }],
  'folders that are too deep': [{ name: 'a/'.repeat(80) + 'b', content: 'x' }],
  'too many entries': Array.from({ length: 101 }, (_, index) => ({
    name: `f${index}`,
    content: '',
  })),
};

for (const [what, entries] of Object.entries(hostileTars)) {
  test(`a tar with ${what} is refused and leaves nothing`, () => refusesTar(entries));
}

async function refusesTar(entries: readonly TarEntry[]): Promise<void> {
  const error = await refusal(install(offer(await tarOf(entries), 'tar')));
  assert.is(error.code, 'AGENT_ARTIFACT_UNSAFE', error.message);
  assertNothingInstalled();
  assert.not.ok(existsSync('/tmp/zlh-outside'));
}

const hostileZips: Readonly<Record<string, readonly ZipEntry[]>> = {
  'a name with ..': [{ name: '../outside', content: 'x' }],
  'an absolute name': [{ name: '/tmp/zlh-outside', content: 'x' }],
  'a name with a backslash': [{ name: '..\\outside', content: 'x' }],
  'a link out': [{ name: 'a', content: '../../etc', mode: 0o120777 }],
  'a link, then a file through it': [
    { name: 'a', content: '/tmp', mode: 0o120777 },
    { name: 'a/zlh-outside', content: 'x' },
  ],
  'a device': [{ name: 'a', mode: 0o020666 }],
  'a name twice': [
    { name: 'a', content: 'x' },
    { name: 'a', content: 'y' },
  ],
  'a lie about its size': [{ name: 'a', content: 'x'.repeat(100), claimedSize: 1 }],
  'a name that is not UTF-8': [{ name: Buffer.from([0x61, 0x00, 0xff]), content: 'x' }],
};

for (const [what, entries] of Object.entries(hostileZips)) {
  test(`a zip with ${what} is refused and leaves nothing`, () => refusesZip(entries));
}

async function refusesZip(entries: readonly ZipEntry[]): Promise<void> {
  const error = await refusal(install(offer(zipOf(entries), 'zip')));
  assert.match(error.code, /^AGENT_ARTIFACT_UN(SAFE|READABLE)$/);
  assertNothingInstalled();
  assert.not.ok(existsSync('/tmp/zlh-outside'));
}

test('an archive that unpacks to far more than it is, is refused on the way', async () => {
  const bomb = gzipSync(await tarOf([{ name: 'zeros', content: Buffer.alloc(90 * 2 ** 20) }]));
  const error = await refusal(install(offer(bomb, 'tar.gz')));
  assert.match(error.message, /unpacks to more than/);
  assertNothingInstalled();
});

test('noise in place of an archive, and half an archive, are unreadable', async () => {
  const noise = createHash('sha512').update('noise').digest();
  const half = (await tarOf([{ name: 'a', content: 'x'.repeat(5000) }])).subarray(0, 2000);
  for (const format of ['tar', 'tar.gz', 'zip'] as const) {
    for (const bytes of [noise, half]) {
      const error = await refusal(install(offer(Buffer.from(bytes), format)));
      assert.is(error.code, 'AGENT_ARTIFACT_UNREADABLE', `${format} ${error.message}`);
    }
  }
});

test.run();
