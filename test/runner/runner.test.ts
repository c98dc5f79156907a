/** The runner runs for real, over folders of files that each break one promise. */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { prelude, runOn, startRunner, withFixture } from './fixture.ts';

const passing = `${prelude}test('one', () => {}); test('two', () => {}); test.run();`;
const pure = `import { test } from 'uvu'; test('one', () => {}); test('two', () => {}); test.run();`;
const broken = `${prelude}test('one', () => {}); test('two', () => { throw new Error('as made'); }); test.run();`;

/** Takes some times its limit, however slow the machine is, and does something in between. */
const slow = (step: string) => `// time-limit: 1s
${prelude}import * as assert from 'uvu/assert';
import { setTimeout as wait } from 'node:timers/promises';
test('one', async () => {
  const limitMs = 1000 * Number(process.env.ZLH_TEST_SLOWNESS);
  for (let round = 0; round < 3; round += 1) { await wait(limitMs * 0.7); ${step} }
});
test.run();`;

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
    'test/asserts.test.ts': slow('assert.ok(true);'),
    'test/prints.test.ts': slow('console.log(round);'),
    'test/lingers.test.ts': `${prelude}test('one', () => { setInterval(() => {}, 1000); }); test.run();`,
    'test/dist/built.test.ts': broken,
    'test/node_modules/x/foreign.test.ts': broken,
  },
  ['--jobs', '6'],
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

test('a file without progress is killed at its own limit and names the test', () => {
  assert.match(
    faults.about('hangs'),
    /It made no progress for \d+ s in the test "one" and was killed\./,
  );
});

test('a file that gets on lives longer than its limit, by assertions or by output', () => {
  assert.match(faults.about('asserts'), '1 test  ');
  assert.match(faults.about('prints'), '1 test  ');
});

test('a file that something keeps alive after its tests fails before its limit', () => {
  assert.match(faults.about('lingers'), 'something kept the process from ending');
});

test('installed and built files are not run', () => {
  assert.not.match(faults.output, 'built.test.ts');
  assert.not.match(faults.output, 'foreign.test.ts');
});

test('the last line counts tests, the lines before name failed tests and how to run them again', () => {
  assert.is(faults.code, 1);
  assert.match(faults.output, /\n\n7 passed, 9 failed\n$/);
  const failed = faults.output.slice(faults.output.indexOf('\nFailed:\n'));
  const seed = /^Seed (\d+)\.$/m.exec(faults.output)?.[1];
  const entry = (path: string, reason: string) =>
    `\n  ${path}\n    ${reason}\n    again: npm test -- ${path} --seed ${seed}\n`;
  assert.match(failed, /\n {2}kernel\/fails\.test\.ts\n {4}✘ two\n {8}as made\n/);
  assert.match(failed, `\n    again: npm test -- kernel/fails.test.ts --seed ${seed}\n`);
  assert.match(failed, entry('test/hangs.test.ts', '✘ one'));
  assert.match(failed, entry('test/empty.test.ts', 'It has no tests that run.'));
});

test('campaigns run in their own tier, with a count and a seed', async () => {
  const source = `// tier: campaign
${prelude}test(\`attacks \${process.env.ZLH_TEST_COUNT} times, seed \${process.env.ZLH_TEST_SEED}\`, () => {
  throw new Error('as made');
});
test.run();`;
  const files = { 'test/attack.test.ts': source, 'test/passes.test.ts': passing };
  assert.match((await runOn(files)).output, /\n2 passed, 0 failed\n$/);
  const args = ['--tier', 'campaign', '--count', '7', '--seed', '42'];
  const { output } = await runOn(files, args);
  assert.match(output, '✘ attacks 7 times, seed 42');
  assert.match(
    output,
    'again: npm run test:campaign -- test/attack.test.ts --count 7 --seed 42\n\n0 passed, 1 failed\n',
  );
  const astray = await runOn(files, ['attack']);
  assert.match(astray.output, 'runs with "npm run test:campaign -- test/attack.test.ts"');
});

test('the quick tier takes files that reach no process, and none can start one', async () => {
  const files = {
    'kernel/pure.test.ts': pure,
    'kernel/starts.test.ts': `import './deep.ts';\n${pure}`,
    'kernel/deep.ts': `import 'node:child_process';`,
    'kernel/hides.test.ts': `import { test } from 'uvu';
test('one', () => { process.getBuiltinModule('node:child_process').spawn('true'); });
test.run();`,
  };
  const { output } = await runOn(files, ['--tier', 'quick']);
  assert.not.match(output, 'starts.test.ts');
  assert.match(output, 'A test of the quick tier starts no process');
  assert.match(output, /\n2 passed, 1 failed\n$/);
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

test('a runner that gets SIGTERM takes everything with it', async () => {
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
    // Twice, as a terminal and npm do: the second must not cut the clearing up short.
    child.kill('SIGTERM');
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
