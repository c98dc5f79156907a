/**
 * Folders that a game goes on writing to while they are copied and packed: what goes away or becomes something else is left
 * out, and ends nothing. Whatever becomes of the work, no file stays open.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import type { OperationContext, OperationKind } from '@zlh/agent';
import type { Disk } from '@zlh/agent/fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { packItems } from '../archive/pack.ts';
import type { Parts } from '../content/write.ts';
import { testParts, type TestParts } from '../testing/parts.ts';
import { Tree } from '../tree/tree.ts';
import { archiveKind, checkArchive } from './archive.ts';
import { copyKind } from './copy.ts';
import { extractKind } from './extract.ts';

const MiB = 2 ** 20;
let home: string;
let parts: Parts;
let at: (path: string) => string;
let made: TestParts;
/** What happens just before a file of this path is opened; and just after. */
let before: Record<string, () => void> = {};
let after: Record<string, () => void> = {};

/** Sees to it that the game does its worst at the worst moment. */
class BusyTree extends Tree {
  override async openFile(place: Parameters<Tree['openFile']>[0]) {
    before[place.path]?.();
    const opened = await super.openFile(place);
    after[place.path]?.();
    return opened;
  }
}

test.before.each(() => {
  made = testParts(BusyTree);
  ({ home, parts, at } = made);
  [before, after] = [{}, {}];
  fillWorld('world');
});
test.after.each(() => made[Symbol.dispose]());

function fillWorld(folder: string): void {
  mkdirSync(at(`${folder}/region`), { recursive: true });
  for (const name of ['a', 'b', 'c'])
    writeFileSync(at(`${folder}/region/${name}`), randomBytes(600_000));
  writeFileSync(at(`${folder}/level`), 'small');
}

interface Running {
  readonly signal?: AbortSignal;
  readonly progress?: (share: number) => void;
}

/** Runs an operation to its end; its code when it fails. */
async function run(
  kind: OperationKind,
  input: object,
  { signal = new AbortController().signal, progress = () => undefined }: Running = {},
): Promise<string> {
  const context: OperationContext<unknown> = {
    operationId: randomUUID(),
    input: { operationId: randomUUID(), named: 'world', ...input },
    signal,
    maintain: () => undefined,
    phase: (_name, work) => work(progress),
  };
  try {
    await kind.run(context);
    return 'done';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
const copy = (running?: Running) => run(copyKind(parts), { from: 'world', to: 'copy' }, running);
const pack = (to: string, path = 'world', running?: Running) =>
  run(archiveKind(parts), { path, to }, running);
const unpack = (path: string) => run(extractKind(parts), { path, to: 'out' });

const sorted = (path: string) => readdirSync(at(path), { recursive: true }).toSorted();
const everything = ['level', 'region', 'region/a', 'region/b', 'region/c'];

test('a file that goes away, or becomes something else, is left out of a copy', async () => {
  before['world/region/a'] = () => rmSync(at('world/region/a'));
  before['world/region/b'] = () => {
    rmSync(at('world/region/b'));
    symlinkSync('/etc/passwd', at('world/region/b'));
  };
  before['world/level'] = () => {
    rmSync(at('world/level'));
    mkdirSync(at('world/level'));
  };
  assert.is(await copy(), 'done');
  assert.equal(sorted('copy'), ['region', 'region/c']);
});

test('a file that is cut short is copied as it is then', async () => {
  after['world/region/a'] = () => truncateSync(at('world/region/a'), 300_000);
  assert.is(await copy(), 'done');
  assert.is(statSync(at('copy/region/a')).size, 300_000);
  assert.equal(sorted('copy'), everything);
});

test('a folder that goes away, or becomes a link, before it is entered is left empty', async () => {
  mkdirSync(at('world/region2'));
  symlinkSync('/etc', at('link'));
  let told = 0;
  const progress = () => {
    told++;
    if (told !== 2) return; // level, region
    rmSync(at('world/region'), { recursive: true });
    symlinkSync('/etc', at('world/region'));
  };
  assert.is(await copy({ progress }), 'done');
  assert.equal(sorted('copy'), ['level', 'region', 'region2']);
  assert.is(statSync(at('copy/region')).isDirectory(), true);
});

test('pipes and sockets are left out of a copy, and block nobody', async () => {
  execFileSync('mkfifo', [at('world/region/pipe')]);
  assert.is(await copy(), 'done');
  assert.equal(sorted('copy'), everything);
});

test('an archive of several paths names each from the folder in which all lie, once', async () => {
  fillWorld('saves/one');
  fillWorld('saves/two');
  writeFileSync(at('saves/note'), 'n');
  const several = (to: string, paths: string[]) => run(archiveKind(parts), { paths, to });
  for (const format of ['tar', 'zip']) {
    const paths = [
      'saves/two/region',
      'saves/note',
      'saves/one',
      'saves/one/region/a',
      'saves/note',
    ];
    assert.is(await several(`save.${format}`, paths), 'done');
    assert.is(await unpack(`save.${format}`), 'done');
    assert.equal(sorted('out'), [
      'note',
      'one',
      ...everything.map((name) => `one/${name}`),
      'two',
      ...everything.slice(1).map((name) => `two/${name}`),
    ]);
    rmSync(at('out'), { recursive: true });
  }
  assert.is(await several('all.tar', ['saves', '']), 'done');
  assert.is(await unpack('all.tar'), 'done');
  assert.ok(existsSync(at('out/world/level')));
  assert.is(await several('none.tar', ['saves/one', 'nothing']), 'FILES_NOT_FOUND');
});

test('an archive needs one of path and paths', async () => {
  for (const input of [{}, { path: 'world', paths: ['world'] }]) {
    const refused = await checkArchive(parts, { ...input, to: 'a.tar' }).catch((error) => error);
    assert.is((refused as { code?: string }).code, 'FILES_PATHS');
  }
});

test('an archive of a folder that changes holds what was there', async () => {
  for (const format of ['tar', 'tar.gz', 'tar.zst', 'zip']) await packedWhileChanging(format);
});

async function packedWhileChanging(format: string): Promise<void> {
  const folder = `of-${format}`;
  fillWorld(folder);
  before[`${folder}/region/a`] = () => rmSync(at(`${folder}/region/a`));
  after[`${folder}/region/b`] = () => truncateSync(at(`${folder}/region/b`), 300_000);
  after[`${folder}/level`] = () => truncateSync(at(`${folder}/level`), 2);
  assert.is(await pack(`world.${format}`, folder), 'done', format);
  assert.is(await unpack(`world.${format}`), 'done', format);
  assert.equal(sorted('out'), ['level', 'region', 'region/b', 'region/c']);
  assert.is(readFileSync(at('out/level'), 'utf8'), 'sm');
  assert.equal(readFileSync(at('out/region/c')), readFileSync(at(`${folder}/region/c`)));
  const b = readFileSync(at('out/region/b'));
  assert.equal(b.subarray(0, 300_000), readFileSync(at(`${folder}/region/b`)));
  assert.ok(b.subarray(300_000).every((byte) => byte === 0));
  rmSync(at('out'), { recursive: true });
}

test('one file is packed, too', async () => {
  for (const format of ['tar.gz', 'zip']) {
    assert.is(await pack(`one.${format}`, 'world/region/a'), 'done');
    assert.is(await unpack(`one.${format}`), 'done');
    assert.equal(readFileSync(at('out/a')), readFileSync(at('world/region/a')));
    rmSync(at('out'), { recursive: true });
  }
  symlinkSync('world', at('link'));
  assert.is(await pack('no.zip', 'link'), 'FILES_IS_LINK');
  assert.is(await pack('no.zip', 'nothing'), 'FILES_NOT_FOUND');
});

const openFiles = () => readdirSync('/proc/self/fd').length;
/** Files are closed a little after what they were opened for has failed. */
async function allClosed(wanted: number): Promise<void> {
  for (let turn = 0; turn < 10_000 && openFiles() > wanted; turn++) await new Promise(setImmediate);
  assert.is(openFiles(), wanted);
}

/** What the tests before left to close is closed: the count has stood still for many turns. */
async function openAtRest(): Promise<number> {
  let count = openFiles();
  for (let still = 0; still < 500; still++) {
    await new Promise(setImmediate);
    if (openFiles() !== count) [count, still] = [openFiles(), 0];
  }
  return count;
}

test('work that fails or is given up leaves no file open', async () => {
  const open = await openAtRest();
  const { disk } = parts;
  const noRoom = Object.assign(Object.create(disk) as Disk, {
    wrote: () => undefined,
    reserve: async () => ({
      grow: (bytes: number) => (bytes > 700_000 ? Promise.reject(new Error('no room')) : undefined),
      check: () => undefined,
      [Symbol.dispose]: () => undefined,
    }),
  });
  parts = { ...parts, disk: noRoom };
  for (let round = 0; round < 5; round++) {
    assert.is(await copy(), 'Error: no room');
    for (const format of ['tar', 'tar.zst', 'zip'])
      assert.is(await pack(`x.${format}`), 'Error: no room');
  }
  await allClosed(open);
  for (const format of ['tar', 'tar.gz', 'zip'] as const) {
    const unread = await packItems(parts.tree, 'world', format);
    unread.destroy();
    await finished(unread).catch(() => undefined); // it was given up
    const begun = await packItems(parts.tree, 'world', format);
    for await (const _ of begun) break;
  }
  await allClosed(open);
});

test('work that is cancelled within a large file ends there', async () => {
  rmSync(at('world'), { recursive: true });
  mkdirSync(at('world'));
  writeFileSync(at('world/large'), '');
  truncateSync(at('world/large'), 512 * MiB);
  const cancel = () => {
    const abort = new AbortController();
    let grown = 0;
    const reserve = async () => ({
      grow: (bytes: number) => {
        grown = bytes;
        abort.abort(Object.assign(new Error('cancelled'), { code: 'CANCELLED' }));
        return undefined;
      },
      check: () => undefined,
      [Symbol.dispose]: () => undefined,
    });
    parts = {
      ...parts,
      disk: Object.assign(Object.create(parts.disk) as Disk, { reserve, wrote: () => undefined }),
    };
    return { signal: abort.signal, grown: () => grown };
  };
  for (const work of [copy, (running: Running) => pack('x.tar', 'world', running)]) {
    const { signal, grown } = cancel();
    assert.is.not(await work({ signal }), 'done');
    assert.ok(grown() < 64 * MiB, `${grown()} bytes`);
    await parts.staging.cleared();
    assert.equal(readdirSync(join(home, 'state/work')), []);
  }
  assert.is(existsSync(at('x.tar')), false);
});

test.run();
