/** The log: readable by people or by machines, and without secrets. */
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createLog, type LogOptions } from './log.ts';

function written(options: LogOptions, write: (log: ReturnType<typeof createLog>) => void): string {
  let text = '';
  write(createLog({ ...options, destination: { write: (line) => void (text += line) } }));
  return text;
}

test('json has time, level by name, plugin and message', () => {
  const text = written({ format: 'json' }, (log) => log.child({ plugin: 'web' }).info('hello'));
  const { time, ...rest } = JSON.parse(text);
  assert.equal(rest, { level: 'info', plugin: 'web', msg: 'hello' });
  assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test('text has one short line, with the rest behind it and a stack below', () => {
  const plain = written({ format: 'text' }, (log) => log.warn({ port: 1 }, 'busy'));
  assert.match(plain, /^\d\d:\d\d:\d\d warn  kernel         busy  \{"port":1\}\n$/);
  const failed = written({ format: 'text' }, (log) =>
    log.error({ err: new Error('no') }, 'failed'),
  );
  assert.match(failed, /failed\nError: no\n    at /);
  assert.match(
    written({ format: 'text' }, (log) => log.info({ a: 1 })),
    /kernel +\{"a":1\}\n$/,
  );
});

test('secrets are masked at the top and one level below', () => {
  const members = { password: 'p1', request: { authorization: 'p2', cookie: 'p3', url: '/a' } };
  for (const format of ['json', 'text'] as const) {
    const text = written({ format }, (log) => log.info(members));
    assert.not.match(text, /p[123]/);
    assert.match(text, '/a');
  }
});

test('lines below the level are not written', () => {
  assert.is(
    written({ level: 'error' }, (log) => log.info('quiet')),
    '',
  );
});

test('a disk that is too full for the log ends nobody', () => {
  const script = `
    const { createLog } = await import(${JSON.stringify(new URL('log.ts', import.meta.url).href)});
    for (let line = 0; line < 100; line++) createLog().error({ line }, 'not a byte is left');
    setImmediate(() => process.stderr.write('alive'));`;
  const full = openSync('/dev/full', 'w');
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', full, 'pipe'],
    encoding: 'utf8',
  });
  closeSync(full);
  assert.equal([status, stderr], [0, 'alive']);
});

/** What a process has in its log after it wrote these lines, and in the one before. */
function logged(file: string, script: string): [string, string] {
  const out = openSync(file, 'a');
  const url = JSON.stringify(new URL('log.ts', import.meta.url).href);
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', `const { createLog } = await import(${url}); ${script}`],
    { stdio: ['ignore', out, 'pipe'], encoding: 'utf8' },
  );
  closeSync(out);
  assert.equal([status, stderr], [0, '']);
  const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '');
  return [read(file), read(`${file}.1`)];
}

test('a log with a limit stays below it while it is written, over the deaths of its writers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zlh-log-'));
  const file = join(folder, 'agent.log');
  const lines = (from: number) =>
    `const log = createLog({ limitBytes: 4000 });
     for (let n = ${from}; n < ${from + 100}; n++) log.info({ n }, 'x'.repeat(40));`;
  logged(file, lines(0));
  const [now, before] = logged(file, lines(100));
  for (const text of [now, before]) assert.ok(text.length > 100 && text.length <= 4000);
  const numbers = `${before}${now}`
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).n as number);
  assert.is(numbers.at(-1), 199);
  assert.equal(
    numbers,
    Array.from({ length: numbers.length }, (_, index) => 200 - numbers.length + index),
    'none of the newest is missing, and none is there twice',
  );
  rmSync(folder, { recursive: true });
});

test('without a limit nothing is taken out of a log', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zlh-log-'));
  const [now, before] = logged(
    join(folder, 'log'),
    `for (let n = 0; n < 100; n++) createLog().info('x'.repeat(100));`,
  );
  assert.equal([now.split('\n').length, before], [101, '']);
  rmSync(folder, { recursive: true });
});

test.run();
