/** The log: readable by people or by machines, and without secrets. */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
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

test.run();
