/** The size of a folder: as the disk counts, no link followed, whatever happens in it meanwhile. */
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { diskUsage } from './disk-usage.ts';

let folder: string;
const never = new AbortController().signal;

test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'zlh-usage-'));
});
test.after.each(() => rmSync(folder, { recursive: true, force: true }));

test('files count once, however many names they have, and links lead nowhere', async () => {
  mkdirSync(join(folder, 'world/region'), { recursive: true });
  writeFileSync(join(folder, 'world/region/r.0.0.mca'), Buffer.alloc(1_000_000, 1), {
    flush: true,
  });
  linkSync(join(folder, 'world/region/r.0.0.mca'), join(folder, 'again'));
  symlinkSync('/usr', join(folder, 'elsewhere'));
  const { bytes, entries } = await diskUsage(folder, never);
  assert.ok(bytes >= 1_000_000 && bytes < 1_100_000, String(bytes));
  assert.is(entries, 5);
});

test('holes take no room', async () => {
  writeFileSync(join(folder, 'sparse'), 'x', { flush: true });
  truncateSync(join(folder, 'sparse'), 2 ** 30);
  assert.ok((await diskUsage(folder, never)).bytes < 100_000);
});

test('a folder that is not there takes nothing, and an abort ends the look', async () => {
  assert.equal(await diskUsage(join(folder, 'missing'), never), { bytes: 0, entries: 0 });
  for (let i = 0; i < 300; i++) writeFileSync(join(folder, `file-${i}`), 'x');
  assert.ok((await diskUsage(folder, AbortSignal.abort())).entries < 300);
});

test.run();
