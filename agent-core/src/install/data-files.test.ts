/** Files of a spec in a folder whose owner is not to be trusted. */
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { execFileSync } from 'node:child_process';
import { CodedError } from '@zlh/kernel';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { FileMode } from '../contract/spec.ts';
import { temporary, writeDataFile } from './data-files.ts';

let base: string;
let root: string;

test.before.each(() => {
  base = mkdtempSync(join(tmpdir(), 'zlh-data-'));
  root = join(base, 'data');
  mkdirSync(root);
  mkdirSync(join(base, 'outside'));
  writeFileSync(join(base, 'outside', 'secret'), 'secret');
});
test.after.each(() => rmSync(base, { recursive: true, force: true }));

const write = (path: string, content: string, mode: FileMode = 'overwrite') =>
  writeDataFile(root, { path, content, mode }, content, { owner: null });
const read = (path: string) => readFileSync(join(root, path), 'utf8');

async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.instance(error, CodedError);
  assert.is((error as CodedError).code, 'AGENT_PATH_UNSAFE');
  return (error as CodedError).message;
}

test('files are written with the folders on their way', async () => {
  await write('config/deep/er.txt', 'one');
  await write('config/deep/er.txt', 'two');
  assert.is(read('config/deep/er.txt'), 'two');
  assert.equal(readdirSync(join(root, 'config/deep')), ['er.txt']);
});

test('what an agent that was killed had begun beside a file is not left there', async () => {
  writeFileSync(join(root, temporary(Buffer.from('eula.txt')).toString()), 'eu');
  await write('eula.txt', 'eula=true');
  assert.equal(readdirSync(root), ['eula.txt']);
});

test('mode "create" leaves what the customer has, were it only a broken link', async () => {
  writeFileSync(join(root, 'a'), 'mine');
  symlinkSync('nowhere', join(root, 'b'));
  await write('a', 'theirs', 'create');
  await write('b', 'theirs', 'create');
  await write('c', 'theirs', 'create');
  assert.is(read('a'), 'mine');
  assert.ok(lstatSync(join(root, 'b')).isSymbolicLink());
  assert.is(read('c'), 'theirs');
});

test('mode "properties" replaces its keys and keeps the others', async () => {
  writeFileSync(join(root, 'p'), '#note\nmotd=mine\nserver-port=1\n');
  await write('p', 'server-port=25565\n', 'properties');
  assert.is(read('p'), '#note\nmotd=mine\nserver-port=25565\n');
});

test('mode "properties" keeps every byte, the permissions and the owner of what is not ours', async () => {
  const path = join(root, 'p');
  writeFileSync(path, Buffer.from('motd=\xa7a\r\nserver-port=1\r\nlast=\\', 'latin1'));
  chmodSync(path, 0o600);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chownSync(path, 4711, 4712);
  const { keys } = await write('p', 'server-port=2\nquery=on\n', 'properties');
  assert.equal(
    keys.map(({ key, found }) => [key, found]),
    [
      ['server-port', '1'],
      ['query', null],
    ],
  );
  assert.is(
    readFileSync(path, 'latin1'),
    'motd=\xa7a\r\nserver-port=2\r\nlast=\\\r\n\r\nquery=on\r\n',
  );
  const { mode, uid, gid } = statSync(path);
  assert.is(mode & 0o777, 0o600);
  if (isRoot) assert.equal([uid, gid], [4711, 4712]);
});

test('mode "properties" leaves a file alone that has the values already', async () => {
  writeFileSync(join(root, 'p'), 'server-port : 2');
  const { ino } = statSync(join(root, 'p'));
  assert.is((await write('p', 'server-port=2\n', 'properties')).change, 'kept');
  assert.is(statSync(join(root, 'p')).ino, ino);
  assert.is(read('p'), 'server-port : 2');
});

test('mode "overwrite" leaves a file alone that has its content already, and replaces any other', async () => {
  assert.is((await write('a', 'one')).change, 'made');
  const { ino } = statSync(join(root, 'a'));
  assert.is((await write('a', 'one')).change, 'kept');
  assert.is(statSync(join(root, 'a')).ino, ino);
  for (const other of ['two', 'longer']) {
    writeFileSync(join(root, 'a'), other);
    assert.is((await write('a', 'one')).change, 'changed');
    assert.is(read('a'), 'one');
  }
});

test('a file that is written anew keeps its permissions, and is closed when it holds secrets', async () => {
  await write('a', 'one');
  chmodSync(join(root, 'a'), 0o660);
  await write('a', 'two');
  assert.is(statSync(join(root, 'a')).mode & 0o777, 0o660);
  for (const mode of ['overwrite', 'properties'] as const) {
    const file = { path: 'a', content: 'a=1', mode };
    chmodSync(join(root, 'a'), 0o666);
    await writeDataFile(root, file, 'a=1', { owner: null, isSecret: true });
    assert.is(statSync(join(root, 'a')).mode & 0o777, 0o600, mode);
  }
});

test('a link in place of the file is replaced, not followed', async () => {
  for (const mode of ['overwrite', 'properties'] as const) {
    symlinkSync('../outside/secret', join(root, mode));
    if (mode === 'properties') await refusal(write(mode, 'a=b', mode));
    else await write(mode, 'new', mode);
  }
  assert.is(readFileSync(join(base, 'outside/secret'), 'utf8'), 'secret');
  assert.is(read('overwrite'), 'new');
});

test('a link in place of a folder is refused', async () => {
  symlinkSync('../outside', join(root, 'config'));
  assert.match(await refusal(write('config/secret', 'x')), 'leads through "config"');
  assert.match(await refusal(write('config/new/file', 'x')), 'leads through "config"');
  assert.equal(readdirSync(join(base, 'outside')), ['secret']);
});

test('paths that are not plain are refused', async () => {
  for (const path of [
    '/etc/x',
    '../x',
    'a/../../x',
    'a//b',
    './a',
    'a/.',
    '',
    'a\nb',
    'a/',
    'x'.repeat(300),
  ]) {
    await refusal(write(path, 'x'));
  }
  mkdirSync(join(root, 'folder'));
  assert.match(await refusal(write('folder', 'x')), 'is a folder');
});

test('a pipe in place of a properties file does not hang the agent', async () => {
  execFileSync('mkfifo', [join(root, 'p')]);
  await refusal(write('p', 'a=b', 'properties'));
});

/** Puts a link out in place of the folder, again and again. */
async function swapUntil(over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    rmSync(join(root, 'dir'), { recursive: true, force: true });
    try {
      symlinkSync('../outside', join(root, 'dir'));
    } catch {
      // The writer was faster with its folder: the next round gets it.
    }
    await turn();
  }
}

test('a folder swapped for a link all the time never lets a write out', async () => {
  const over = new AbortController();
  const swapper = swapUntil(over.signal);
  for (let i = 0; i < 500; i++) await write(`dir/f${i}`, 'x').catch(() => {}); // refused or gone: both fine
  over.abort();
  await swapper;
  assert.equal(readdirSync(join(base, 'outside')), ['secret']);
  assert.not.ok(existsSync(join(base, 'f0')));
});

test.run();
