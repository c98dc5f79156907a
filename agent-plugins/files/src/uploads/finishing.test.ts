/** The last step of an upload takes its time, and of several connections one adds to it: whoever asks is told the truth. */
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { AgentGround, Refusal } from '@zlh/agent';
import { Disk, StagingArea } from '@zlh/agent/fs';
import type { Logger } from '@zlh/kernel';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Parts } from '../content/write.ts';
import { Locks } from '../locks.ts';
import { Tree } from '../tree/tree.ts';
import { Uploads } from './uploads.ts';

const log = { warn() {}, debug() {} } as unknown as Logger;
let home: string;
let parts: Parts;
let uploads: Uploads;

test.before(() => {
  home = mkdtempSync(join(tmpdir(), 'zlh-finishing-'));
  for (const name of ['data', 'state']) mkdirSync(join(home, name));
  const data = join(home, 'data');
  const ground = { data, owner: null, spec: undefined, disk: null } as unknown as AgentGround;
  const staging = new StagingArea(join(home, 'state'), data, log);
  uploads = new Uploads(staging.uploads, () => parts, { log, answerWithinMs: 20 });
  const disk = new Disk({
    ground,
    state: join(home, 'state'),
    pending: () => uploads.pending,
    cleared: () => staging.cleared(),
  });
  parts = { tree: new Tree(ground), disk, locks: new Locks(), staging };
});
test.after(() => rmSync(home, { recursive: true }));

const idOf = (number: number) => String(number).padStart(32, '0');

test('a last step that takes long goes on without its connection, and is asked after', async () => {
  let letGo = () => {};
  const held = parts.locks.run('large', () => new Promise<void>((resolve) => (letGo = resolve)));
  const id = idOf(1);
  await uploads.begin({ id, path: 'large', size: 3 });
  const sent = await uploads.append(id, 0, Readable.from([Buffer.from('abc')]));
  assert.equal([sent.offset, sent.complete], [3, false], 'answered before it is done');
  assert.is((await uploads.look(id)).complete, false);
  letGo();
  await held;
  while (!(await uploads.look(id)).complete);
  assert.is(readFileSync(join(home, 'data/large'), 'utf8'), 'abc');
});

test('an upload that is given up within its last step is not brought to its place', async () => {
  let letGo = () => {};
  const held = parts.locks.run('given-up', () => new Promise<void>((resolve) => (letGo = resolve)));
  const id = idOf(4);
  await uploads.begin({ id, path: 'given-up', size: 3 });
  await uploads.append(id, 0, Readable.from([Buffer.from('abc')]));
  await uploads.remove(id);
  letGo();
  await held;
  await parts.locks.run('given-up', async () => undefined); // behind the last step
  assert.is(existsSync(join(home, 'data/given-up')), false);
  // The record goes first, the bytes last, and neither is written again.
  const left = () => readdirSync(join(home, 'state/uploads')).filter((name) => name.includes(id));
  while (left().length > 0) await new Promise(setImmediate);
  assert.equal(
    uploads.list().filter((each) => each.id === id),
    [],
  );
});

test('of two that go on at once behind a line that broke, one adds to it', async () => {
  const id = idOf(2);
  await uploads.begin({ id, path: 'raced', size: 10 });
  const silent = new Readable({ read() {} });
  const first = uploads.append(id, 0, silent).catch(() => undefined);
  const bodyOf = (text: string) => Readable.from([Buffer.from(text.repeat(10))]);
  const results = await Promise.allSettled([
    uploads.append(id, 0, bodyOf('a')),
    uploads.append(id, 0, bodyOf('b')),
  ]);
  await first;
  const taken = results.filter(({ status }) => status === 'fulfilled');
  assert.is(taken.length, 1, JSON.stringify(results));
  await parts.locks.run('raced', async () => undefined); // behind the last step
  assert.match(readFileSync(join(home, 'data/raced'), 'utf8'), /^(a{10}|b{10})$/);
});

test('what the system refuses at the last step is told in our words', async () => {
  const id = idOf(3);
  await uploads.begin({ id, path: 'swept/away', size: 1 });
  const swept = new Readable({ read() {} });
  const sent = uploads.append(id, 0, swept).catch((error: unknown) => error);
  await once(swept, 'newListener');
  rmSync(join(home, `state/uploads/${id}.data`));
  swept.push(Buffer.from('x'));
  swept.push(null);
  assert.is(((await sent) as Refusal).code, 'FILES_NOT_FOUND');
});

test.run();
