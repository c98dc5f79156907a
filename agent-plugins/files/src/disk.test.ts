/** Room: an instance's own limit and a disk that is full. What does not fit is refused with figures, and nothing is left. */
import { execFileSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestAgent, testSpec, zipOf, type TestAgent } from '@zlh/agent/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import { filesOf, type FilesClient } from './testing/client.ts';

const MiB = 2 ** 20;

async function extract(agent: TestAgent, files: FilesClient, path: string): Promise<string> {
  const operationId = randomUUID();
  const input = { path, to: 'out' };
  const asked = await files.send('POST', '/files/extract', { operationId, input });
  if (asked.status !== 202) return String(asked.body['code']);
  const { state, error } = await agent.finished(operationId);
  return error?.code ?? state;
}

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield new Uint8Array(MiB);
}

/** A body of unknown length. */
const stream = () => endless() as unknown as BodyInit;
const begin = (files: FilesClient, size: number) =>
  files.send('POST', '/uploads', { id: randomBytes(16).toString('hex'), path: randomUUID(), size });

test('an instance stays within its limit, and is told used, limit and needed', async () => {
  const agent = await startTestAgent();
  try {
    const files = filesOf(agent);
    await agent.perform({ ...testSpec(1), files: [], limits: { diskMiB: 8 } });
    assert.is((await files.put('first', Buffer.alloc(6 * MiB))).status, 201);
    const over = await files.put('second', Buffer.alloc(3 * MiB));
    assert.is(over.status, 413);
    const { code, limit, needed, used } = over.body;
    assert.equal([code, limit, needed], ['FILES_QUOTA', 8 * MiB, 3 * MiB]);
    assert.ok(Number(used) >= 6 * MiB, String(used));
    assert.is((await files.put('third', stream())).body['code'], 'FILES_QUOTA');
    assert.is((await begin(files, MiB)).status, 201);
    assert.is((await begin(files, 2 * MiB)).body['code'], 'FILES_QUOTA', 'what is promised counts');
    const zip = zipOf([
      { name: 'f', content: Buffer.concat([randomBytes(1000), Buffer.alloc(9 * MiB)]) },
    ]);
    assert.is((await files.put('a.zip', new Uint8Array(zip))).status, 201);
    assert.is(await extract(agent, files, 'a.zip'), 'FILES_QUOTA');
    assert.equal(readdirSync(files.data).sort(), ['a.zip', 'first']);
    // Folders take room too, those on the way to a file like all others.
    const deep = Array.from({ length: 20 }, (_, at) => ({ name: `${at}/${'d/'.repeat(100)}f` }));
    assert.is((await files.put('deep.zip', new Uint8Array(zipOf(deep)))).status, 201);
    assert.is(await extract(agent, files, 'deep.zip'), 'FILES_QUOTA');
    assert.is(await files.outcome('DELETE', '/files/content?path=deep.zip'), '204');
    assert.equal(readdirSync(join(agent.home, 'state/files/incoming')), []);
    assert.is(await files.outcome('DELETE', '/files/content?path=first'), '204');
  } finally {
    await agent.end();
  }
});

test('what is deleted, replaced or given up makes room for what comes next', async () => {
  const agent = await startTestAgent();
  try {
    const files = filesOf(agent);
    await agent.perform({ ...testSpec(1), files: [], limits: { diskMiB: 8 } });
    await files.send('POST', '/files/mkdir', { path: 'box' });
    const six = new Uint8Array(6 * MiB);
    for (let round = 0; round < 3; round++) {
      for (const path of ['box/in', 'file']) {
        assert.is((await files.put(path, six)).status, 201, `${path} in round ${round}`);
        assert.is((await files.put(path, six.subarray(MiB))).body['code'], 'FILES_QUOTA');
        const gone = path === 'file' ? path : 'box';
        assert.is(await files.outcome('DELETE', `/files/content?path=${gone}`), '204');
        await files.send('POST', '/files/mkdir', { path: 'box' });
      }
      // Unpacked, and then in the way of what is there.
      const zip = zipOf([{ name: 'taken', content: Buffer.alloc(5 * MiB) }]);
      for (const path of ['taken', 'a.zip'])
        await files.put(path, path === 'taken' ? 'x' : new Uint8Array(zip));
      await files.send('POST', '/files/mkdir', { path: 'out' });
      await files.send('POST', '/files/rename', { from: 'taken', to: 'out/taken' });
      assert.is(await extract(agent, files, 'a.zip'), 'FILES_EXISTS');
      assert.is(await files.outcome('DELETE', '/files/content?path=out'), '204');
    }
  } finally {
    await agent.end();
  }
});

when(await needs.mounts())('on a full disk nothing breaks, and deleting helps', async () => {
  const disk = mkdtempSync(join(tmpdir(), 'zlh-full-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=96m', 'none', disk]);
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = disk;
  const agent = await startTestAgent();
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  try {
    const files = filesOf(agent);
    const told = await files.put('large', Buffer.alloc(80 * MiB));
    assert.equal([told.status, told.body['code']], [413, 'FILES_DISK_FULL']);
    assert.is((await files.put('endless', stream())).body['code'], 'FILES_DISK_FULL');
    assert.is((await begin(files, 80 * MiB)).body['code'], 'FILES_DISK_FULL');
    writeFileSync(
      join(files.data, 'a.zip'),
      zipOf([{ name: 'f', content: Buffer.concat([randomBytes(MiB), Buffer.alloc(66 * MiB)]) }]),
    );
    assert.is(await extract(agent, files, 'a.zip'), 'FILES_DISK_FULL');
    assert.equal(readdirSync(files.data), ['a.zip']);
    const trash = join(agent.home, 'state/files/trash');
    while (readdirSync(trash).length > 0) await new Promise(setImmediate);

    // By somebody who asks nobody.
    mkdirSync(join(files.data, 'full'));
    assert.throws(() => {
      for (let at = 0; ; at++)
        writeFileSync(join(files.data, 'full', String(at)), Buffer.alloc(MiB));
    });
    assert.is((await files.put('tiny', 'x')).body['code'], 'FILES_DISK_FULL');
    assert.is((await files.send('GET', '/files')).status, 200);
    assert.is(await files.outcome('DELETE', '/files/content?path=full'), '204');
    while ((await files.put('tiny', 'x')).status !== 201) await new Promise(setImmediate);
    assert.not.match(agent.output, /"level":"fatal"/);
  } finally {
    await agent.end();
    execFileSync('umount', [disk]);
    rmSync(disk, { recursive: true });
  }
});

test.run();
