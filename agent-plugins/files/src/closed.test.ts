/** Files and folders that a game has closed to everyone, and an agent that is no root: told, refused in clear words, deleted. */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { OperationContext, OperationKind, Refusal } from '@zlh/agent';
import { tarOf } from '@zlh/agent/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import { assertPackable, packItems } from './archive/pack.ts';
import { changeMode, deleteFile, makeFolder, renameFile } from './changes.ts';
import { openContent } from './content/read.ts';
import { writeContent } from './content/write.ts';
import { archiveKind } from './operations/archive.ts';
import { copyKind } from './operations/copy.ts';
import { extractKind } from './operations/extract.ts';
import { search } from './search.ts';
import { asNobody, nobody } from '@zlh/agent/testing';
import { testParts, type TestParts } from './testing/parts.ts';
import { listFolder } from './tree/listing.ts';

const root = await needs.root();
let made: TestParts;
const at = (path: string) => made.at(path);

/** `top/closed/file` and `top/secret`, closed; `top/open`; `fixed/closed`, closed, in a folder that may not be changed. */
test.before.each(async () => {
  made = testParts();
  const files = ['top/closed/file', 'top/secret', 'top/open', 'fixed/closed/file'];
  for (const path of ['top/closed', 'fixed/closed', 'else'])
    mkdirSync(at(path), { recursive: true });
  for (const path of files) writeFileSync(at(path), path);
  writeFileSync(at('in.tar'), await tarOf([{ name: 'x', content: 'x' }]));
  for (const path of readdirSync(at(''), { recursive: true, encoding: 'utf8' }))
    chownSync(at(path), nobody, nobody);
  for (const path of ['top/closed', 'top/secret', 'fixed/closed']) chmodSync(at(path), 0);
  chmodSync(at('fixed'), 0o555);
});
test.after.each(() => made[Symbol.dispose]());

/** As the agent does it. */
function ordinary(title: string, work: (parts: TestParts['parts']) => Promise<void>): void {
  when(root)(title, () => {
    const state = join(made.home, 'state');
    const folders = readdirSync(state).map((name) => join(state, name));
    return asNobody([made.home, at(''), state, ...folders], () => work(made.parts));
  });
}

/** Of a refusal, or of an operation that failed. */
async function refusalOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown as Refusal,
  );
  return error === undefined ? 'done' : `${error.code}: ${error.message}`;
}
const closed = (path: string) => `FILES_DENIED: "${path}" is closed to the agent.`;

function run(kind: OperationKind, input: { readonly [key: string]: string }): Promise<void> {
  const context: OperationContext<unknown> = {
    operationId: randomUUID(),
    input: { operationId: randomUUID(), named: input['path'] ?? input['from'], ...input },
    signal: new AbortController().signal,
    maintain: () => undefined,
    phase: (_name, work) => work(() => undefined),
  };
  return kind.run(context);
}

ordinary(
  'what is closed is told in its folder, and says so when it is asked for',
  async (parts) => {
    const { tree } = parts;
    const { items } = await listFolder(tree, { path: 'top' });
    assert.equal(
      items.map(({ name, mode }) => `${name} ${mode}`),
      ['closed 000', 'open 644', 'secret 000'],
    );
    const { items: found, complete } = await search(tree, { name: 'e' });
    assert.ok(
      complete && found.some(({ path }) => path === 'top/open'),
      'a search goes on beside it',
    );
    const body = () => Readable.from([Buffer.from('x')]);
    for (const [path, ask] of [
      ['top/closed', () => listFolder(tree, { path: 'top/closed' })],
      ['top/closed', () => search(tree, { path: 'top/closed', name: 'f' })],
      ['top/closed/file', () => openContent(tree, 'top/closed/file')],
      ['top/secret', () => openContent(tree, 'top/secret')],
      ['top/closed/file', () => writeContent(parts, 'top/closed/file', body(), 1, {})],
      ['top/closed/new', () => makeFolder(parts, 'top/closed/new')],
      ['top/closed/file', () => deleteFile(parts, 'top/closed/file')],
      ['top/closed/file', () => renameFile(parts, { from: 'top/closed/file', to: 'else/file' })],
      ['top/closed/open', () => renameFile(parts, { from: 'top/open', to: 'top/closed/open' })],
      ['top/closed', () => renameFile(parts, { from: 'top/closed', to: 'else/closed' })],
      ['fixed/new', () => makeFolder(parts, 'fixed/new')],
      ['top/closed', () => assertPackable(tree, 'top/closed')],
      ['top/secret', () => assertPackable(tree, 'top/secret')],
    ] as const)
      assert.is(await refusalOf(ask()), closed(path));
  },
);

ordinary(
  'a copy ends at what is closed, an archive leaves it out, and nothing half made stays',
  async (parts) => {
    const [copy, archive, extract] = [copyKind, archiveKind, extractKind].map((of) =>
      of(parts),
    ) as [OperationKind, OperationKind, OperationKind];
    for (const [path, begin] of [
      ['top/closed', () => run(copy, { from: 'top', to: 'copy' })],
      ['top/closed', () => run(copy, { from: 'top/closed', to: 'copy' })],
      ['top/secret', () => run(copy, { from: 'top/secret', to: 'copy' })],
      ['top/closed', () => run(archive, { path: 'top/closed', to: 'closed.zip' })],
      ['fixed/top.zip', () => run(archive, { path: 'top', to: 'fixed/top.zip' })],
      ['top/closed/x', () => run(extract, { path: 'in.tar', to: 'top/closed' })],
      ['fixed/x', () => run(extract, { path: 'in.tar', to: 'fixed' })],
    ] as const)
      assert.is(await refusalOf(begin()), closed(path));
    assert.equal(readdirSync(at('')), ['else', 'fixed', 'in.tar', 'top']);
    assert.equal(readdirSync(at('fixed')), ['closed']);
    const packed = await buffer(await packItems(parts.tree, 'top', 'tar'));
    assert.ok(packed.includes('open') && !packed.includes('secret'));
    await parts.staging.cleared();
    for (const name of ['work', 'trash'])
      assert.equal(readdirSync(join(made.home, 'state', name)), [], name);
  },
);

ordinary('what is closed is renamed beside itself, opened, replaced and deleted', async (parts) => {
  await renameFile(parts, { from: 'top/closed', to: 'top/shut' });
  assert.is(statSync(at('top/shut')).mode & 0o777, 0);
  await changeMode(parts, 'top/shut', '755');
  assert.is(readFileSync(at('top/shut/file'), 'utf8'), 'top/closed/file');
  await writeContent(parts, 'top/secret', Readable.from([Buffer.from('new')]), 3, {});
  assert.is(statSync(at('top/secret')).mode & 0o777, 0, 'it stays closed');
  chmodSync(at('top/shut'), 0);
  await deleteFile(parts, 'top/shut');
  await deleteFile(parts, 'top');
  await parts.staging.cleared();
  assert.is(existsSync(at('top')), false);
  assert.equal(readdirSync(join(made.home, 'state/trash')), []);
});

ordinary('what cannot be deleted keeps its permissions', async (parts) => {
  assert.is(await refusalOf(deleteFile(parts, 'fixed/closed')), closed('fixed/closed'));
  assert.is(statSync(at('fixed/closed')).mode & 0o777, 0);
});

test.run();
