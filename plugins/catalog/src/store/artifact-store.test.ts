/** The artifact store on a real PostgreSQL: what is asked for by many, in several processes, and what breaks on the way. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Database } from '@zlh/database';
import { addressOf, schemaDifference } from '@zlh/database/testing';
import type { CodedError } from '@zlh/kernel';
import type { TestKernel } from '@zlh/kernel/testing';
import { ArtifactStore, type ArtifactWanted } from '@zlh/artifacts';
import { startKernel, startPlatformProcess, type TestImports } from '../test/kernel.ts';

interface Context {
  root: string;
  /** What a further process needs to join. */
  shared: { readonly home: string; readonly store: string; readonly database: string };
  /** Two processes of the platform: one database, one shared store. */
  first: TestKernel;
  second: TestKernel;
  imports: TestImports;
}
const test = suite<Context>('artifact store');

test.before(async (context) => {
  context.root = mkdtempSync(join(tmpdir(), 'zlh-artifacts-'));
  const home = join(context.root, 'home');
  const { kernel, imports } = await startKernel({ home, store: join(context.root, 'store') });
  context.shared = { home, store: join(context.root, 'store'), database: addressOf(kernel) };
  const { kernel: second } = await startKernel({ ...context.shared, imports });
  Object.assign(context, { first: kernel, imports, second });
});
test.after(async ({ first, second, root }) => {
  await second.stop();
  await first.stop();
  rmSync(root, { recursive: true });
});
test.before.each(({ imports }) => imports.reset());

const idle = () => ({ signal: new AbortController().signal, progress: () => {} });
const wanted = (text: string, more: object = {}): ArtifactWanted => ({
  name: 'server',
  importer: 'test',
  request: { text, ...more },
});
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const blobOf = ({ root }: Context, text: string) =>
  join(root, 'store', sha256(text).slice(0, 2), sha256(text));

function ensure(kernel: TestKernel, ...all: ArtifactWanted[]) {
  return kernel.use(ArtifactStore).ensure(all, idle());
}

async function faultOf(promise: Promise<unknown>): Promise<CodedError> {
  try {
    await promise;
  } catch (error) {
    return error as CodedError;
  }
  throw new Error('it succeeded');
}

async function contentOf(
  kernel: TestKernel,
  hash: string,
  range?: { start: number; end?: number },
): Promise<string | null> {
  const found = await kernel.use(ArtifactStore).read(hash, range);
  return found === null
    ? null
    : Buffer.concat((await found.stream.toArray()) as Buffer[]).toString();
}

test('the migrations make what the entities say', async ({ first }) => {
  assert.is(await schemaDifference(first), '');
});

test('an artifact is imported once, however often and wherever it is wanted', async ({
  first,
  second,
  imports,
}) => {
  const all = await Promise.all(
    [first, second, first, second].map((kernel) => ensure(kernel, wanted('once'))),
  );
  const expected = {
    name: 'server',
    sha256: sha256('once'),
    size: 4,
    format: 'file',
    fileName: 'once.jar',
  };
  assert.equal(all, [[expected], [expected], [expected], [expected]]);
  assert.is(imports.runs('once'), 1);
  assert.is(await contentOf(second, sha256('once')), 'once');
});

test('the order of members in a request does not matter', async ({ first, imports }) => {
  await ensure(first, {
    name: 'a',
    importer: 'test',
    request: { text: 'order', x: 1, y: { b: 1, a: 2 } },
  });
  await ensure(first, {
    name: 'a',
    importer: 'test',
    request: { y: { a: 2, b: 1 }, x: 1, text: 'order' },
  });
  assert.is(imports.runs('order'), 1);
});

test('progress rises over all artifacts to one', async ({ first }) => {
  const shares: (number | null)[] = [];
  const refs = await first.use(ArtifactStore).ensure([wanted('progress a'), wanted('progress b')], {
    signal: new AbortController().signal,
    progress: (share) => void shares.push(share),
  });
  assert.equal(
    refs.map(({ sha256: hash }) => hash),
    [sha256('progress a'), sha256('progress b')],
  );
  assert.is(shares.at(-1), 1);
  assert.equal(
    shares,
    [...shares].sort((a, b) => a! - b!),
  );
});

test('an import that fails leaves nothing, tells why, and may be tried again', async (context) => {
  const { first, imports, root } = context;
  imports.fail('fails', 1);
  assert.is((await faultOf(ensure(first, wanted('fails')))).code, 'TEST_FAILED');
  assert.equal(readdirSync(join(root, 'store', 'imports')), []);
  assert.not(existsSync(blobOf(context, 'fails')));
  await ensure(first, wanted('fails'));
});

test('one failed artifact calls off the others', async ({ first, imports }) => {
  imports.fail('bad', 1);
  const [held, bad] = [imports.hold('held'), imports.hold('bad')];
  const fault = faultOf(ensure(first, wanted('held'), wanted('bad')));
  await held.begun;
  bad.release();
  assert.is((await fault).code, 'TEST_FAILED');
  assert.is(imports.aborted('held'), 1);
});

test('who gives up hears so at once; others get theirs', async ({ first, second, imports }) => {
  const { release, begun } = imports.hold('patience');
  const giver = new AbortController();
  const given = faultOf(
    first
      .use(ArtifactStore)
      .ensure([wanted('patience')], { signal: giver.signal, progress: () => {} }),
  );
  const patient = ensure(first, wanted('patience'));
  const elsewhere = ensure(second, wanted('patience'));
  await begun;
  giver.abort();
  assert.is((await given).code, 'CATALOG_IMPORT_CANCELLED');
  release();
  assert.equal(
    (await patient).concat(await elsewhere).map(({ sha256: hash }) => hash),
    [sha256('patience'), sha256('patience')],
  );
  assert.is(imports.runs('patience'), 1);
});

test('an importer nobody brings is named, with those there are', async ({ first }) => {
  const { code, hint } = await faultOf(
    ensure(first, { name: 'x', importer: 'pigeon', request: {} }),
  );
  assert.is(code, 'CATALOG_IMPORTER_UNKNOWN');
  assert.match(hint, 'mojang');
});

test('a file outside of the work folder, or none at all, is not taken', async ({ first }) => {
  for (const odd of ['/etc/hostname', 'link', 'folder', 'missing']) {
    const { code } = await faultOf(ensure(first, wanted(`odd ${odd}`, { odd })));
    assert.is(code, odd === 'missing' ? 'ENOENT' : 'CATALOG_IMPORTER_MISBEHAVED');
  }
});

test('a full disk is told as such', async ({ first, root }) => {
  const { code, message } = await faultOf(ensure(first, wanted('full', { odd: 'ENOSPC' })));
  assert.is(code, 'CATALOG_DISK_FULL');
  assert.match(message, join(root, 'store'));
});

test('what is discarded is gone with its content, unless another request led to the same', async (context) => {
  const { first, imports } = context;
  const store = first.use(ArtifactStore);
  const [one, other] = [wanted('shared'), wanted('shared', { by: 'another way' })];
  await ensure(first, one, other);
  const known = async () =>
    (await store.sources('test')).filter(({ sha256: hash }) => hash === sha256('shared'));
  const by = (await known()).map(({ request }) => request['by']);
  assert.equal(new Set(by), new Set([undefined, 'another way']));
  await store.discard(one);
  await store.discard(one);
  assert.is(await contentOf(first, sha256('shared')), 'shared');
  await store.discard(other);
  assert.is(await contentOf(first, sha256('shared')), null);
  assert.not(existsSync(blobOf(context, 'shared')));
  assert.equal(await known(), []);
  await ensure(first, one);
  assert.is(imports.runs('shared'), 3);
});

test('content that goes between its move into the store and its row is brought in again', async (context) => {
  const { first, imports } = context;
  const [there, coming] = [wanted('crossing'), wanted('crossing', { by: 'another way' })];
  await ensure(first, there);
  const database = first.use(Database);
  const waiting = async (count: number) => {
    const sql = `select count(*)::int as count from pg_locks where locktype = 'advisory' and classid = 7264123 and not granted`;
    for (;;) {
      const [found] = await database.fork().execute<{ count: number }[]>(sql);
      if (found!.count === count) return;
    }
  };
  const { discarded, brought } = await database.transaction(async (em) => {
    await em.execute('select pg_advisory_xact_lock(7264123, hashtext(?))', [sha256('crossing')]);
    const discarding = first.use(ArtifactStore).discard(there);
    await waiting(1);
    const bringing = ensure(first, coming);
    await waiting(2);
    return { discarded: discarding, brought: bringing };
  });
  await Promise.all([discarded, brought]);
  assert.is(await contentOf(first, sha256('crossing')), 'crossing');
  assert.is(imports.runs('crossing'), 3);
});

test('a truncated blob is put aside and imported again', async (context) => {
  const { first, imports, root } = context;
  await ensure(first, wanted('truncated'));
  chmodSync(blobOf(context, 'truncated'), 0o600);
  truncateSync(blobOf(context, 'truncated'), 3);
  await ensure(first, wanted('truncated'));
  assert.is(imports.runs('truncated'), 2);
  assert.is(await contentOf(first, sha256('truncated')), 'truncated');
  assert.ok(existsSync(join(root, 'store', 'quarantine', sha256('truncated'))));
});

test('a blob with other content is never sent whole, and heals', async (context) => {
  const { first, imports } = context;
  await ensure(first, wanted('rotten'));
  chmodSync(blobOf(context, 'rotten'), 0o600);
  writeFileSync(blobOf(context, 'rotten'), 'rottem');
  assert.is((await faultOf(contentOf(first, sha256('rotten')))).code, 'CATALOG_ARTIFACT_DAMAGED');
  assert.is(await contentOf(first, sha256('rotten')), null);
  await ensure(first, wanted('rotten'));
  assert.is(imports.runs('rotten'), 2);
  assert.is(await contentOf(first, sha256('rotten')), 'rotten');
});

test('a part of an artifact is read by its positions', async ({ first }) => {
  await ensure(first, wanted('0123456789'));
  assert.is(await contentOf(first, sha256('0123456789'), { start: 2, end: 4 }), '234');
  assert.is(await contentOf(first, sha256('0123456789'), { start: 7 }), '789');
  assert.is(await contentOf(first, '0'.repeat(64)), null);
});

test('a process with a store of its own imports what only others have', async ({
  first,
  root,
  imports,
  shared,
}) => {
  await ensure(first, wanted('own store'));
  const other = await startKernel({ ...shared, store: join(root, 'other'), imports });
  try {
    assert.is(await contentOf(other.kernel, sha256('own store')), null);
    await ensure(other.kernel, wanted('own store'));
    assert.is(imports.runs('own store'), 2);
    assert.is(await contentOf(other.kernel, sha256('own store')), 'own store');
  } finally {
    await other.kernel.stop();
  }
});

test('a process killed in the middle of an import delays nobody and leaves nothing', async (context) => {
  const { first, root, shared } = context;
  const child = await startPlatformProcess(shared, 'killed');
  assert.is(readdirSync(join(root, 'store', 'imports')).length, 1);
  const waiting = ensure(first, wanted('killed'));
  await child.kill();
  await waiting;
  assert.is(await contentOf(first, sha256('killed')), 'killed');
  assert.equal(readdirSync(join(root, 'store', 'imports')), []);
});

test('what a killed import left is swept at the next start, unless somebody is busy with it', async ({
  root,
  imports,
  first,
  shared,
}) => {
  const left = join(root, 'store', 'imports', 'f'.repeat(64));
  const { release, begun } = imports.hold('busy');
  const busy = ensure(first, wanted('busy'));
  await begun;
  const [key] = readdirSync(join(root, 'store', 'imports'));
  writeFileSync(left, 'leftover');
  const other = await startKernel(shared);
  await other.kernel.stop();
  assert.equal(readdirSync(join(root, 'store', 'imports')), [key]);
  release();
  await busy;
});

test.run();
