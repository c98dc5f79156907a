/**
 * A disk that fails while a file comes. The system tells a failed flush once; asked again it says that all is well,
 * whatever was lost. Promises that nothing counts as there that such a disk may have lost.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Refusal } from '@zlh/agent';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { silent, testParts, type TestParts } from '../testing/parts.ts';
import { Uploads } from '../uploads/uploads.ts';
import { writeContent, type Parts } from './write.ts';

const MiB = 2 ** 20;
const piece = Buffer.alloc(MiB, 'piece');
const failure = Object.assign(new Error('the disk failed'), { code: 'EIO' });
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: NodeJS.ErrnoException | Refusal) => error.code,
  );

type Flush = 'datasync' | 'sync';
let place: TestParts;
let parts: Parts;
let uploads: Uploads;
let handles: Record<Flush, () => Promise<void>>;
let real: Record<Flush, () => Promise<void>>;

test.before(async () => {
  await using handle = await open(import.meta.filename);
  handles = Object.getPrototypeOf(handle) as typeof handles;
  const { datasync, sync } = handles;
  real = { datasync, sync };
});
test.before.each(() => {
  place = testParts();
  ({ parts } = place);
  uploads = new Uploads(parts.staging.uploads, () => parts, { log: silent });
});
test.after.each(() => {
  Object.assign(handles, real);
  place[Symbol.dispose]();
});

/** Of the flushes to come, the one after so many fails. */
function failAfter(flush: Flush, good: number): void {
  let count = 0;
  handles[flush] = function (this: unknown) {
    return count++ === good ? Promise.reject(failure) : real[flush].call(this);
  };
}

const body = (mebibytes: number) => Readable.from(Array<Buffer>(mebibytes).fill(piece));
test('a file that is written whole is not put in its place', async () => {
  await writeContent(parts, 'world', body(1), undefined, {});
  failAfter('datasync', 0);
  assert.is(await codeOf(writeContent(parts, 'world', body(100), undefined, {})), 'EIO');
  assert.is(statSync(place.at('world')).size, MiB, 'the old one is there');
  assert.equal(readdirSync(place.at('')), ['world']);
  await writeContent(parts, 'world', body(100), undefined, {});
  assert.is(statSync(place.at('world')).size, 100 * MiB);
});

const id = '7'.repeat(32);

test('an upload goes on behind what is safe', async () => {
  await uploads.begin({ id, path: 'world', size: 200 * MiB });
  await uploads.append(id, 0, body(10));
  failAfter('datasync', 0);
  assert.is(await codeOf(uploads.append(id, 10 * MiB, body(100))), 'EIO');
  assert.is((await uploads.look(id)).offset, 10 * MiB);
  assert.is(statSync(join(parts.staging.uploads, `${id}.data`)).size, 10 * MiB);
  await uploads.append(id, 10 * MiB, body(190));
  assert.ok(readFileSync(place.at('world')).equals(Buffer.concat(Array<Buffer>(200).fill(piece))));
});

test('an upload whose last flush fails is not at its place, and not whole when it is asked for', async () => {
  await uploads.begin({ id, path: 'world', size: MiB });
  failAfter('sync', 0);
  assert.is(await codeOf(uploads.append(id, 0, body(1))), 'EIO');
  assert.is(existsSync(place.at('world')), false);
  assert.is(await codeOf(uploads.look(id)), 'FILES_UPLOAD_UNKNOWN');
  await uploads.begin({ id, path: 'world', size: MiB });
  assert.ok((await uploads.append(id, 0, body(1))).complete);
});

test.run();
