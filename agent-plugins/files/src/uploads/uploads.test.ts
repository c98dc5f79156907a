/** Uploads over lines that break and agents that are killed: what has arrived counts, and the file is whole or not there. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { startTestAgent, type TestAgent } from '@zlh/agent/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { mostUploads, uploadLifeMs, type Upload } from '../index.ts';
import { filesOf, type FilesClient } from '../testing/client.ts';

let agent: TestAgent;
let files: FilesClient;
const newId = () => randomBytes(16).toString('hex');
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

test.before(async () => {
  agent = await startTestAgent();
  files = filesOf(agent);
});
test.after(() => agent.end());

const begin = (more: object) => files.send<Upload>('POST', '/uploads', { id: newId(), ...more });
const send = (id: string, offset: number, bytes: Uint8Array) =>
  files.send('PATCH', `/uploads/${id}?offset=${offset}`, bytes as BodyInit);
const look = async (id: string) => (await files.send<Upload>('GET', `/uploads/${id}`)).body;

/** Sends a part of what it announces, and kills the agent once it has some of it. */
async function sendAndKill(id: string, offset: number, part: Buffer, length: number) {
  const sending = request({
    socketPath: agent.url.replace('unix:', ''),
    path: `/uploads/${id}?offset=${offset}`,
    method: 'PATCH',
    headers: {
      authorization: `Bearer ${agent.token}`,
      'content-type': 'application/octet-stream',
      'content-length': length,
    },
  });
  const broken = once(sending, 'error');
  const path = join(agent.home, `state/files/uploads/${id}.data`);
  sending.write(part);
  while (readFileSync(path).length < offset + 1) await new Promise(setImmediate);
  await agent.kill('SIGKILL');
  await broken;
  await agent.start();
}

test('an upload goes on where it broke off, over kills of the agent', async () => {
  const content = randomBytes(12 * 2 ** 20);
  const { body } = await begin({ path: 'a/b/big', size: content.length, sha256: sha256(content) });
  let { offset } = body;
  for (let kills = 0; kills < 4; kills++) {
    const part = content.subarray(offset, offset + 2_500_000);
    await sendAndKill(body.id, offset, part, content.length - offset);
    ({ offset } = await look(body.id));
    assert.ok(offset > kills * 2 ** 20, `${offset} bytes are there`);
    assert.is(existsSync(join(files.data, 'a')), false, 'nothing of it is seen before it is whole');
  }
  const last = await send(body.id, offset, content.subarray(offset));
  assert.equal([last.status, last.body['complete']], [200, true]);
  assert.is(sha256(readFileSync(join(files.data, 'a/b/big'))), sha256(content));
  assert.equal(
    readdirSync(join(agent.home, 'state/files/uploads')).filter((name) => name.endsWith('.data')),
    [],
  );
});

test('bytes at a wrong place are refused with the right one', async () => {
  const { body } = await begin({ path: 'wrong-place', size: 10 });
  await send(body.id, 0, Buffer.from('12345'));
  const wrong = await send(body.id, 3, Buffer.from('xx'));
  assert.equal(
    [wrong.status, wrong.body['code'], wrong.body['offset']],
    [409, 'FILES_UPLOAD_OFFSET', 5],
  );
  assert.is((await send(body.id, 5, Buffer.from('6789abcdef'))).body['code'], 'FILES_UPLOAD_LONG');
  assert.is((await files.send('DELETE', `/uploads/${body.id}`)).status, 204);
  assert.is((await files.send('GET', `/uploads/${body.id}`)).body['code'], 'FILES_UPLOAD_UNKNOWN');
});

test('what is not what was announced is thrown away', async () => {
  const { body } = await begin({ path: 'forged', size: 3, sha256: sha256(Buffer.from('abc')) });
  const { status, body: refused } = await send(body.id, 0, Buffer.from('abd'));
  assert.equal([status, refused['code']], [422, 'FILES_UPLOAD_HASH']);
  assert.is(existsSync(join(files.data, 'forged')), false);
});

test('a file that is there is replaced only when that was asked for', async () => {
  await files.put('taken', 'old');
  assert.is((await begin({ path: 'taken', size: 3 })).body.path, undefined);
  const { body } = await begin({ path: 'taken', size: 3, overwrite: true });
  await send(body.id, 0, Buffer.from('new'));
  assert.is((await files.get('taken')).bytes.toString(), 'new');
  // One that came between is not lost either: the upload waits until it is out of the way.
  const late = await begin({ path: 'late', size: 3 });
  await files.put('late', 'first');
  assert.is((await send(late.body.id, 0, Buffer.from('abc'))).body['code'], 'FILES_EXISTS');
  assert.is((await files.send('GET', `/uploads/${late.body.id}`)).body['code'], 'FILES_EXISTS');
  await files.send('DELETE', '/files/content?path=late');
  assert.is((await look(late.body.id)).complete, true);
  assert.is((await files.get('late')).bytes.toString(), 'abc');
});

test('a file is replaced by an upload only in the version that was named', async () => {
  const seen = (await files.put('versions', 'one')).headers.get('etag')!;
  const { body } = await begin({ path: 'versions', size: 3, ifMatch: seen });
  await files.put('versions', 'two');
  const refused = (await send(body.id, 0, Buffer.from('abc'))).body;
  assert.equal([refused['code'], refused['expected']], ['FILES_CHANGED', seen]);
  assert.is((await files.get('versions')).bytes.toString(), 'two');
  assert.is((await begin({ path: 'versions', size: 3, ifMatch: seen })).status, 409);
  assert.is((await begin({ path: 'nothing', size: 3, ifMatch: seen })).status, 409);
  await files.send('DELETE', `/uploads/${body.id}`);
});

test('an agent that was killed around the last step knows what it did', async () => {
  const { body } = await begin({ path: 'moved', size: 3 });
  await send(body.id, 0, Buffer.from('abc'));
  await agent.kill('SIGKILL');
  const record = join(agent.home, `state/files/uploads/${body.id}.json`);
  const rewrite = (state: string) =>
    writeFileSync(
      record,
      JSON.stringify({ ...(JSON.parse(readFileSync(record, 'utf8')) as object), state }),
    );
  rewrite('moving');
  await agent.start();
  assert.is((await look(body.id)).complete, true, 'it was moved already');
  await agent.kill('SIGKILL');
  rewrite('moving');
  renameSync(join(files.data, 'moved'), record.replace('.json', '.data'));
  await agent.start();
  assert.is((await look(body.id)).complete, true, 'it is moved now');
  await agent.kill('SIGKILL');
  rewrite('moving');
  linkSync(join(files.data, 'moved'), record.replace('.json', '.data'));
  await agent.start();
  assert.is((await look(body.id)).complete, true, 'it had its new name, and the old one, too');
  assert.is(statSync(join(files.data, 'moved')).nlink, 1);
  assert.is((await files.get('moved')).bytes.toString(), 'abc');
});

test('there are only so many at a time, and a day after something of them came they are gone', async () => {
  // All at once: none may take the place of another that is just being begun.
  const tries = Array.from({ length: mostUploads + 2 }, (_, at) =>
    begin({ path: `many-${at}`, size: 3 }),
  );
  const begun = (await Promise.all(tries)).filter(({ status }) => status === 201);
  assert.is(begun.length, mostUploads);
  assert.is((await begin({ path: 'one-more', size: 3 })).status, 429);
  const [slow, ...ids] = begun.map(({ body }) => body.id);
  await send(slow!, 0, Buffer.from('a'));
  await agent.kill('SIGKILL');
  const old = new Date(Date.now() - uploadLifeMs - 1000);
  for (const id of [slow!, ...ids]) {
    const record = join(agent.home, `state/files/uploads/${id}.json`);
    writeFileSync(
      record,
      JSON.stringify({
        ...(JSON.parse(readFileSync(record, 'utf8')) as object),
        createdAt: old.toISOString(),
      }),
    );
    if (id !== slow) utimesSync(record.replace('.json', '.data'), old, old);
  }
  writeFileSync(join(agent.home, 'state/files/uploads', `${newId()}.json`), 'not a record');
  await agent.start();
  const left = readdirSync(join(agent.home, 'state/files/uploads'));
  assert.equal(
    left.filter((name) => ids.some((id) => name.startsWith(id))),
    [],
  );
  assert.is((await begin({ path: 'one-more', size: 3 })).status, 201);
  assert.is((await look(slow!)).offset, 1, 'what is slow is not late');
});

test.run();
