/** What of a run cannot be killed is told, and breaks nothing. */
import { spawn } from 'node:child_process';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { killRun } from './tree.ts';

test('a process that became another user is told as not killed, and gone when it has ended', async () => {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  const kill = process.kill;
  let refused = 0;
  // What the kernel answers when a game has begun a setuid program, and the agent is no root.
  process.kill = () => {
    // It ends by itself after a while.
    if (++refused === 3) child.kill('SIGKILL');
    throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' });
  };
  try {
    const members = () => ((child.exitCode ?? child.signalCode) === null ? [child.pid!] : []);
    assert.is(await killRun('no-such-run', null, members), true);
    assert.is(refused >= 3, true);
  } finally {
    process.kill = kill;
    child.kill('SIGKILL');
  }
});

test.run();
