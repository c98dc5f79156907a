/** The runner runs for real, over folders of files that each break one promise. */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { prelude, runOn, startRunner, withFixture } from './fixture.ts';

const passing = `${prelude}test('one', () => {}); test('two', () => {}); test.run();`;
const broken = `${prelude}test('one', () => {}); test('two', () => { throw new Error('as made'); }); test.run();`;

/** Starts a process that leaves the group, as an agent does, and writes its id down. */
const leavesChild = `${prelude}import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
test('starts an agent', () => {
  const child = spawn('sleep', ['600'], { detached: true, stdio: 'inherit' });
  child.unref();
  writeFileSync(process.env.PID_FILE, String(child.pid));
});
test.run();`;

function isAlive(pidFile: string): boolean {
  const stat = `/proc/${readFileSync(pidFile, 'utf8')}/stat`;
  return existsSync(stat) && !/\) Z /.test(readFileSync(stat, 'utf8'));
}

const faults = await runOn(
  {
    'kernel/passes.test.ts': passing,
    'kernel/fails.test.ts': broken,
    'test/forgets-run.test.ts': `${prelude}test('one', () => {});`,
    'test/empty.test.ts': `${prelude}test.run();`,
    'test/crashes.test.ts': `throw new Error('while loading');`,
    'test/dies.test.ts': `${prelude}test('one', () => process.kill(process.pid, 'SIGKILL')); test.run();`,
    'test/hook-throws.test.ts': `${prelude}test.before(() => { throw new Error('x'); }); test('one', () => {}); test.run();`,
    'test/throws-later.test.ts': `${prelude}test('one', () => { setTimeout(() => { throw new Error('late'); }, 50); }); test.run();`,
    'test/hangs.test.ts': `// time-limit: 1s\n${prelude}test('one', () => new Promise(() => setInterval(() => {}, 1000))); test.run();`,
    'test/lingers.test.ts': `${prelude}test('one', () => { setInterval(() => {}, 1000); }); test.run();`,
    'test/dist/built.test.ts': broken,
    'test/node_modules/x/foreign.test.ts': broken,
  },
  ['--jobs', '4'],
);

test('a passing file is one line with its count', () => {
  assert.match(faults.about('passes'), /^✓ kernel\/passes\.test\.ts {2}2 tests {2}[\d.]+ s\n$/);
});

test('a failing file is printed in full', () => {
  assert.match(faults.about('fails'), '1 test failed');
  assert.match(faults.about('fails'), /as made[^]+at /);
});

test('a file that forgets run() fails', () => {
  assert.match(faults.about('forgets-run'), 'It ended without a summary. Does it call test.run()?');
});

test('a file without tests fails', () => {
  assert.match(faults.about('empty'), 'It has no tests that run.');
});

test('a file that crashes while loading fails and shows why', () => {
  assert.match(faults.about('crashes'), 'It ended before its tests did.');
  assert.match(faults.about('crashes'), 'Error: while loading');
});

test('a file that is killed fails and names the signal', () => {
  assert.match(faults.about('dies'), 'It was killed by SIGKILL.');
});

test('a hook that throws fails the file, though uvu swallows it', () => {
  assert.match(faults.about('hook-throws'), 'Only 0 of 1 tests ran to an end');
});

test('an error thrown after the last test fails the file', () => {
  assert.match(faults.about('throws-later'), 'something threw outside of them');
});

test('a file that hangs is killed at its own limit', () => {
  assert.match(faults.about('hangs'), 'It did not end within 1 s and was killed.');
});

test('a file that something keeps alive after its tests fails before its limit', () => {
  assert.match(faults.about('lingers'), 'something kept the process from ending');
});

test('installed and built files are not run', () => {
  assert.not.match(faults.output, 'built.test.ts');
  assert.not.match(faults.output, 'foreign.test.ts');
});

test('the last line counts tests, the line before names the failed files', () => {
  assert.is(faults.code, 1);
  assert.match(faults.output, /\n {2}test\/throws-later\.test\.ts\n\n5 passed, 9 failed\n$/);
});

test('a process left behind is ended and fails the file, even outside the group', async () => {
  await withFixture({}, async (folder) => {
    const pidFile = join(folder, 'pid');
    const files = { 'test/leaves.test.ts': leavesChild };
    const result = await runOn(files, [], { PID_FILE: pidFile });
    assert.match(
      result.about('leaves'),
      /It left processes behind, which were killed:\n +\d+ sleep 600\n/,
    );
    assert.match(result.output, /\n1 passed, 1 failed\n$/);
    assert.not(isAlive(pidFile));
  });
});

test('a runner that is told to stop takes everything with it', async () => {
  const never = leavesChild.replace(
    'test.run()',
    `test('stays', () => new Promise(() => { console.log('here'); setInterval(() => {}, 1000); })); test.run()`,
  );
  await withFixture({ 'test/stays.test.ts': never }, async (root) => {
    const pidFile = join(root, 'pid');
    const changes = watch(root);
    const child = startRunner(root, [], { PID_FILE: pidFile });
    const ended = once(child, 'exit');
    for await (const _ of changes) {
      if (existsSync(pidFile) && readFileSync(pidFile, 'utf8') !== '') break;
    }
    assert.ok(isAlive(pidFile));
    child.kill('SIGTERM');
    await ended;
    assert.not(isAlive(pidFile));
  });
});

test('no matching file is a failure', async () => {
  const result = await runOn({ 'kernel/passes.test.ts': passing }, ['nothing-like-it']);
  assert.is(result.code, 1);
  assert.match(
    result.output,
    /No test file's path contains "nothing-like-it"\.[^]+\n0 passed, 1 failed\n$/,
  );
});

test('arguments choose files by a part of their path', async () => {
  const files = { 'kernel/passes.test.ts': passing, 'test/fails.test.ts': broken };
  const result = await runOn(files, ['kernel/']);
  assert.is(result.code, 0);
  assert.match(result.output, /\n2 passed, 0 failed\n$/);
});

test('a request that cannot be read is refused, not ignored', async () => {
  const result = await runOn({ 'test/slow.test.ts': `// time-limit: 10 minutes\n${passing}` });
  assert.is(result.code, 1);
  assert.match(result.output, '"// time-limit: 10 minutes" is not a time limit');
});

test('a file that asks for it runs alone, after the others', async () => {
  const source = (other: string) => `// alone
${prelude}import { existsSync, rmSync, writeFileSync } from 'node:fs';
test('nobody is here', () => {
  if (existsSync(process.env.HERE + '${other}')) throw new Error('not alone');
  writeFileSync(process.env.HERE + 'me', '');
});
test.after(() => rmSync(process.env.HERE + 'me'));
test.run();`;
  await withFixture({}, async (folder) => {
    const files = {
      'test/a.test.ts': source('me'),
      'test/b.test.ts': source('me'),
      'test/c.test.ts': passing,
    };
    const result = await runOn(files, [], { HERE: join(folder, 'here-') });
    assert.match(result.output, /\n4 passed, 0 failed\n$/);
    assert.ok(result.output.indexOf('c.test.ts') < result.output.indexOf('a.test.ts'));
  });
});

test("a developer's own settings do not reach the tests, and a fresh TMPDIR does", async () => {
  const source = `${prelude}test('is clean', () => {
  if (process.env.DATABASE_URL || process.env.ZLH_HTTP_PORT) throw new Error('not clean');
  if (!/zlh-test-/.test(process.env.TMPDIR)) throw new Error('no folder of its own');
  if (!process.env.ZLH_TEST_CACHE || !process.execArgv.includes('--conditions=zlh-source')) throw new Error('incomplete');
});
test.run();`;
  const env = { DATABASE_URL: 'postgres://precious', ZLH_HTTP_PORT: '1' };
  const result = await runOn({ 'test/env.test.ts': source }, [], env);
  assert.is(result.code, 0, result.output);
});

test.run();
