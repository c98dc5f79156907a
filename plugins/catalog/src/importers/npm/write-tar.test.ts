/** Equal trees give equal archives, and nothing but files gets into one. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { writeTar } from './write-tar.ts';

const { signal } = new AbortController();
let folder: string;

test.before.each(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zlh-tar-'));
});
test.after.each(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function tree(name: string, files: Record<string, string>, mtime: number): Promise<string> {
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, name, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    await utimes(file, mtime, mtime);
  }
  return join(folder, name);
}

async function hash(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}

test('the order of creation, times and umask do not show in the archive', async () => {
  const one = await tree('one', { 'b/2': 'two', 'a/1': 'one', 'a.txt': 'text' }, 1000);
  const two = await tree('two', { 'a.txt': 'text', 'a/1': 'one', 'b/2': 'two' }, 2000);
  await chmod(join(two, 'a.txt'), 0o600);
  const result = await writeTar(one, join(folder, 'one.tar.gz'), { signal });
  await writeTar(two, join(folder, 'two.tar.gz'), { signal });
  assert.equal(result, { files: 3, bytes: 10 });
  assert.is(await hash(join(folder, 'one.tar.gz')), await hash(join(folder, 'two.tar.gz')));
});

test('programs stay programs, and everything belongs to nobody', async () => {
  const root = await tree(
    'root',
    { run: '#!', data: 'x', [`deep/${'n'.repeat(120)}/file`]: 'y' },
    1000,
  );
  await chmod(join(root, 'run'), 0o700);
  await writeTar(root, join(folder, 'x.tar.gz'), { signal });
  const entries = extract();
  createReadStream(join(folder, 'x.tar.gz')).pipe(createGunzip()).pipe(entries);
  const found: Record<string, number | undefined> = {};
  for await (const entry of entries) {
    found[entry.header.name] = entry.header.mode;
    assert.equal([entry.header.uid, entry.header.gid, entry.header.mtime?.getTime()], [0, 0, 0]);
    entry.resume();
  }
  assert.equal(found, { data: 0o644, [`deep/${'n'.repeat(120)}/file`]: 0o644, run: 0o755 });
});

test('a link is refused', async () => {
  const root = await tree('root', { data: 'x' }, 1000);
  await symlink('/etc/passwd', join(root, 'link'));
  const failure = await writeTar(root, join(folder, 'x.tar.gz'), { signal }).then(
    () => 'written',
    String,
  );
  assert.match(failure, '"link" is neither a file nor a folder');
});

test('progress counts every file', async () => {
  const root = await tree('root', { a: '1', b: '2' }, 1000);
  const heard: string[] = [];
  await writeTar(root, join(folder, 'x.tar.gz'), {
    signal,
    onFile: (done, all) => heard.push(`${done}/${all}`),
  });
  assert.equal(heard, ['1/2', '2/2']);
});

test.run();
