/** The append-only file: torn lines, full disks, and its two files at most. */
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import { smallDisk } from '../testing/small-disk.ts';
import { LineLog } from './line-log.ts';

const root = await needs.root();
let folder: string;

test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'zlh-lines-'));
});
test.after.each(() => rmSync(folder, { recursive: true, force: true }));

const numbers = (log: LineLog) => log.read().map((entry) => (entry as { n: number }).n);

test('what was appended is read again, oldest first', () => {
  const path = join(folder, 'log');
  const log = new LineLog(path, 1000);
  for (const n of [1, 2, 3]) log.append({ n });
  assert.equal(numbers(new LineLog(path, 1000)), [1, 2, 3]);
});

test('a line cut off by a kill costs that line only', () => {
  const path = join(folder, 'log');
  new LineLog(path, 1000).append({ n: 1 });
  appendFileSync(path, '{"n":2,"te');
  const log = new LineLog(path, 1000);
  log.append({ n: 3 });
  log.append({ n: 4 });
  assert.equal(numbers(log), [1, 3, 4]);
});

test('it never grows beyond two files, and forgets the oldest', () => {
  const path = join(folder, 'log');
  const log = new LineLog(path, 1000);
  for (let n = 0; n < 1000; n++) log.append({ n });
  assert.equal(readdirSync(folder).sort(), ['log', 'log.old']);
  for (const name of readdirSync(folder)) assert.ok(statSync(join(folder, name)).size <= 1020);
  const kept = numbers(log);
  assert.is(kept.at(-1), 999);
  assert.ok(kept.length > 100);
  assert.equal(
    kept,
    [...kept].sort((a, b) => a - b),
  );
});

test('a disk that takes nothing loses nothing until it does', () => {
  const path = join(folder, 'not-yet', 'log');
  const log = new LineLog(path, 100_000);
  for (let n = 0; n < 300; n++) assert.throws(() => log.append({ n }));
  assert.is(numbers(log).length, 256);
  mkdirSync(join(folder, 'not-yet'));
  log.append({ n: 300 });
  assert.is(numbers(new LineLog(path, 100_000)).at(-1), 300);
  assert.is(numbers(new LineLog(path, 100_000)).length, 256);
});

when(root)('a full disk never leaves half a line', () => {
  using disk = smallDisk(64);
  const path = join(disk.folder, 'log');
  const log = new LineLog(path, 10_000_000);
  const text = 'x'.repeat(3000);
  let n = 0;
  try {
    for (;;) log.append({ n: n++, text });
  } catch (error) {
    assert.is((error as NodeJS.ErrnoException).code, 'ENOSPC');
  }
  assert.equal(numbers(new LineLog(path, 1)), [...Array(n - 1).keys()]);
  assert.is(numbers(log).at(-1), n - 1);
  assert.is(readFileSync(path).at(-1), 10);
});

test('a file that is no log is read as nothing', () => {
  writeFileSync(join(folder, 'log'), Buffer.alloc(100));
  assert.equal(new LineLog(join(folder, 'log'), 1000).read(), []);
});

test.run();
