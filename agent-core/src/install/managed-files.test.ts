/** Managed files in a folder that belongs to somebody else, arranged by a real agent that may be killed at any moment. */
// time-limit: 240s
import { createHash, randomUUID } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CodedError } from '@zlh/kernel';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import type { InstanceSpec } from '../contract/spec.ts';
import { startFakePlatform, type FakePlatform } from '../testing/fake-platform.ts';
import { smallDisk } from '../testing/small-disk.ts';
import { startTestAgent, type TestAgent } from '../testing/test-agent.ts';
import { freePort, testSpec } from '../testing/test-spec.ts';
import { ManagedFiles, type WantedFile } from './managed-files.ts';

let base: string;
let said: string[];
let managed: ManagedFiles;
const never = new AbortController().signal;
const hashOf = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');

test.before.each(() => {
  base = mkdtempSync(join(tmpdir(), 'zlh-managed-'));
  for (const folder of ['data', 'state', 'cache', 'outside']) mkdirSync(join(base, folder));
  writeFileSync(join(base, 'outside', 'secret'), 'secret');
  said = [];
  const ground = { root: join(base, 'data'), stateDir: join(base, 'state') };
  managed = new ManagedFiles({ ...ground, say: (line) => said.push(line) });
});
test.after.each(() => rmSync(base, { recursive: true, force: true }));

/** An artifact with this content, wanted at this path. */
function wanted(path: string, content: string): WantedFile {
  const source = join(base, 'cache', hashOf(content));
  writeFileSync(source, content);
  return { path, sha256: hashOf(content), source };
}

const inMods = () => readdirSync(join(base, 'data', 'mods')).sort();
const read = (path: string) => readFileSync(join(base, 'data', path), 'utf8');

test('files come, change and go as the list says, and nothing is left of them', async () => {
  const a1 = wanted('mods/a.jar', 'a 1');
  const b1 = wanted('mods/b.jar', 'b 1');
  await managed.arrange([a1, b1], null, never);
  assert.equal(inMods(), ['a.jar', 'b.jar']);
  await managed.arrange([wanted('mods/a.jar', 'a 2')], null, never);
  assert.equal(inMods(), ['a.jar']);
  assert.is(read('mods/a.jar'), 'a 2');
  await managed.arrange([], null, never);
  assert.equal(inMods(), []);
  assert.equal(said, []);
});

test('a copy is no link into the cache, so writing to it harms nobody else', async () => {
  const a = wanted('mods/a.jar', 'a 1');
  await managed.arrange([a], null, never);
  writeFileSync(join(base, 'data/mods/a.jar'), 'mine');
  assert.is(readFileSync(a.source, 'utf8'), 'a 1');
});

test("a customer's own file in the way is kept beside it, and every one of them", async () => {
  mkdirSync(join(base, 'data/mods'));
  writeFileSync(join(base, 'data/mods/a.jar'), 'mine');
  await managed.arrange([wanted('mods/a.jar', 'a 1')], null, never);
  writeFileSync(join(base, 'data/mods/a.jar'), 'mine again');
  await managed.arrange([wanted('mods/a.jar', 'a 2')], null, never);
  assert.equal(inMods(), ['a.jar', 'a.jar.bak', 'a.jar.bak2']);
  assert.is(read('mods/a.jar'), 'a 2');
  assert.is(read('mods/a.jar.bak'), 'mine');
  assert.is(read('mods/a.jar.bak2'), 'mine again');
  assert.match(said[0]!, 'mods/a.jar was put there or changed by hand; it is now a.jar.bak');
});

test('a file that was changed stays when it is no longer wanted, and so do files of others', async () => {
  await managed.arrange([wanted('mods/a.jar', 'a 1')], null, never);
  writeFileSync(join(base, 'data/mods/a.jar'), 'mine');
  writeFileSync(join(base, 'data/mods/own.jar'), 'own');
  await managed.arrange([], null, never);
  assert.equal(inMods(), ['a.jar', 'own.jar']);
});

test('the very file that a customer put there is taken over', async () => {
  mkdirSync(join(base, 'data/mods'));
  writeFileSync(join(base, 'data/mods/a.jar'), 'a 1');
  const { ino } = lstatSync(join(base, 'data/mods/a.jar'));
  await managed.arrange([wanted('mods/a.jar', 'a 1')], null, never);
  assert.is(lstatSync(join(base, 'data/mods/a.jar')).ino, ino, 'it is not written again');
  await managed.arrange([], null, never);
  assert.equal(inMods(), []);
});

test('a link in place of the folder is refused, and nothing behind it is touched', async () => {
  symlinkSync('../outside', join(base, 'data/mods'));
  try {
    await managed.arrange([wanted('mods/secret', 'x')], null, never);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, CodedError);
    assert.is((error as CodedError).code, 'AGENT_PATH_UNSAFE');
  }
  await managed.arrange([], null, never);
  assert.equal(readdirSync(join(base, 'outside')), ['secret']);
  assert.is(readFileSync(join(base, 'outside/secret'), 'utf8'), 'secret');
});

test('a folder swapped for a link later keeps what lies behind it, even a copy of ours', async () => {
  await managed.arrange([wanted('mods/a.jar', 'a 1')], null, never);
  rmSync(join(base, 'data/mods'), { recursive: true });
  symlinkSync('../outside', join(base, 'data/mods'));
  writeFileSync(join(base, 'outside/a.jar'), 'a 1');
  await managed.arrange([], null, never);
  assert.ok(existsSync(join(base, 'outside/a.jar')));
});

test('links, folders and pipes in the way are put aside, never followed', async () => {
  mkdirSync(join(base, 'data/mods/b.jar'), { recursive: true });
  writeFileSync(join(base, 'data/mods/b.jar/inside'), 'mine');
  symlinkSync('../../outside/secret', join(base, 'data/mods/a.jar'));
  const files = [wanted('mods/a.jar', 'a 1'), wanted('mods/b.jar', 'b 1')];
  await managed.arrange(files, null, never);
  assert.equal(inMods(), ['a.jar', 'a.jar.bak', 'b.jar', 'b.jar.bak']);
  assert.is(readFileSync(join(base, 'outside/secret'), 'utf8'), 'secret');
  assert.is(read('mods/b.jar.bak/inside'), 'mine');
});

test('a damaged copy in the cache is not handed on', async () => {
  const a = wanted('mods/a.jar', 'a 1');
  writeFileSync(a.source, 'a X');
  try {
    await managed.arrange([a], null, never);
    assert.unreachable();
  } catch (error) {
    assert.is((error as CodedError).code, 'AGENT_ARTIFACT_DAMAGED');
  }
  assert.equal(inMods(), []);
});

test('what a change that came to nothing has placed is known, and goes when it is taken back', async () => {
  const before = [wanted('mods/a.jar', 'a 1')];
  await managed.arrange(before, null, never);
  const broken = wanted('mods/c.jar', 'c 2');
  writeFileSync(broken.source, 'c X');
  const after = [wanted('mods/a.jar', 'a 2'), wanted('mods/b.jar', 'b 2'), broken];
  const failed = await managed.arrange(after, null, never).catch((error: CodedError) => error.code);
  assert.is(failed, 'AGENT_ARTIFACT_DAMAGED');
  assert.equal(inMods(), ['a.jar', 'b.jar']);
  await managed.arrange(before, null, never);
  assert.equal(inMods(), ['a.jar']);
  assert.is(read('mods/a.jar'), 'a 1');
});

/** A spec with so many mods of this edition, offered by the platform. */
async function moddedSpec(
  platform: FakePlatform,
  edition: string,
  count: number,
  change: Partial<InstanceSpec> = {},
): Promise<InstanceSpec> {
  const artifacts = Array.from({ length: count }, (_, index) => {
    const bytes = Buffer.alloc(100_000, `${edition} ${index} `);
    const sha256 = platform.offer(bytes);
    const file = { format: 'file' as const, fileName: `m${index}.jar` };
    return { name: `mod-${index}`, sha256, size: bytes.length, ...file };
  });
  const managedFiles = artifacts.map(({ name, fileName }) => ({
    path: `mods/${fileName}`,
    artifact: name,
  }));
  return testSpec(await freePort(), {
    platformUrl: platform.url,
    artifacts,
    managedFiles,
    ...change,
  });
}

function folderOf(agent: TestAgent): string {
  return join(agent.home, 'data', 'mods');
}

/** Resolves when something has happened in the folder so often. */
function afterEvents(folder: string, count: number): Promise<void> {
  return new Promise((resolve) => {
    let seen = 0;
    const watcher = watch(folder, () => {
      if (++seen < count) return;
      watcher.close();
      resolve();
    });
  });
}

test('an agent killed in the middle goes on where it was, and still knows its own files', async () => {
  const platform = await startFakePlatform();
  const agent = await startTestAgent({ platformUrl: platform.url });
  try {
    const count = 60;
    assert.is((await agent.perform(await moddedSpec(platform, 'first', count))).state, 'succeeded');
    const next = await moddedSpec(platform, 'second', count, { revision: 2 });
    for (const events of [1, 40, 90]) {
      const spec = { ...next, revision: 2 + events, managedFiles: next.managedFiles!.slice(0, -1) };
      const operationId = randomUUID();
      const early = afterEvents(folderOf(agent), events);
      const { status } = await agent.call('POST', '/config', { operationId, spec });
      assert.is(status, 202);
      await early;
      await agent.kill();
      await agent.start();
      assert.is((await agent.finished(operationId)).error, null);
      const names = readdirSync(folderOf(agent)).sort();
      assert.equal(names, spec.managedFiles.map(({ path }) => path.slice(5)).sort());
      for (const name of names)
        assert.match(readFileSync(join(folderOf(agent), name), 'utf8'), /^second /);
      const back = await moddedSpec(platform, 'first', count, { revision: 3 + events });
      assert.is((await agent.perform(back)).state, 'succeeded');
    }
  } finally {
    await agent.end();
    await platform.close();
  }
});

test('a spec whose managed files lead nowhere or outside is refused with each place', async () => {
  const platform = await startFakePlatform();
  const agent = await startTestAgent({ platformUrl: platform.url });
  try {
    const spec = await moddedSpec(platform, 'any', 1);
    const managedFiles = [
      { path: '../a.jar', artifact: 'mod-0' },
      { path: 'mods/b.jar', artifact: 'no-such' },
      { path: 'server.properties', artifact: 'mod-0' },
    ];
    const operationId = randomUUID();
    const body = { operationId, spec: { ...spec, managedFiles } };
    const answer = await agent.call<{ errors: { path: string }[] }>('POST', '/config', body);
    assert.is(answer.status, 422);
    assert.equal(
      answer.body.errors.map(({ path }) => path),
      ['/spec/managedFiles/0/path', '/spec/managedFiles/1/artifact', '/spec/managedFiles/2/path'],
    );
  } finally {
    await agent.end();
    await platform.close();
  }
});

when(await needs.mounts())(
  'a disk that is full in the middle fails the change, and once there is room it succeeds',
  async () => {
    using disk = smallDisk(512);
    const stateDir = join(base, 'state');
    const onDisk = new ManagedFiles({ root: disk.folder, stateDir, say: () => undefined });
    const files = [1, 2, 3].map((each) => wanted(`mods/${each}.jar`, String(each).repeat(100_000)));
    await onDisk.arrange(files.slice(0, 1), null, never);
    disk.fill();
    const error = await onDisk.arrange(files, null, never).then(
      () => undefined,
      (reason: unknown) => reason as NodeJS.ErrnoException,
    );
    assert.is(error?.code, 'ENOSPC');
    assert.equal(readdirSync(join(disk.folder, 'mods')), ['1.jar'], 'nothing half is left');
    disk.free();
    await onDisk.arrange(files, null, never);
    assert.equal(readdirSync(join(disk.folder, 'mods')).sort(), ['1.jar', '2.jar', '3.jar']);
  },
);

test.run();
