/** Guarantees of a run's processes: one that cannot be killed is reported, and a stranger's is left alone. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import { killRun, findRun, findShim } from './tree.ts';

const root = await needs.root();
const id = 'a-run-of-somebody-else';
const users = [200_001];
const marks = { ZLH_RUN: id, ZLH_SHIM: id };
const marked = () => findRun({ id, users }, null).map(({ pid }) => pid);

/** Resolves when it has said a word. */
async function begin(command: string, args: readonly string[], uid: number): Promise<ChildProcess> {
  const env = { PATH: process.env['PATH'], ...marks };
  const child = spawn(command, args, { uid, gid: uid, env });
  await once(child.stdout, 'data');
  return child;
}
async function end(...children: readonly ChildProcess[]): Promise<void> {
  for (const child of children) {
    const over = once(child, 'exit');
    child.kill('SIGKILL');
    await over;
  }
}
/** Without a child; it ends with its standard input. */
const rest = 'echo begun; read word';

when(root)(
  'a process of another user that carries the marks of a run is no part of it',
  async () => {
    const stranger = await begin('sh', ['-c', rest], 200_002);
    const own = await begin('sh', ['-c', rest], 200_001);
    try {
      assert.equal(marked(), [own.pid]);
      assert.is(findShim(id), undefined, 'nor is it a shim');
    } finally {
      await end(stranger, own);
    }
  },
);

when(root)(
  'a process in the sandbox of another run that carries the marks is no part of it',
  async () => {
    // The first process of its pid namespace carries no mark: the agent of that run made it.
    const inside = `env ZLH_RUN=${id} ZLH_SHIM=${id} sh -c '${rest}'; :`;
    const sandbox = ['--pid', '--fork', '--kill-child', 'env', '-i', `PATH=${process.env['PATH']}`];
    const game = [
      'setpriv',
      '--reuid=200001',
      '--regid=200001',
      '--clear-groups',
      'sh',
      '-c',
      inside,
    ];
    const stranger = await begin('unshare', [...sandbox, ...game], 0);
    try {
      assert.equal(marked(), []);
      assert.is(
        findShim(id, 'all')?.pid,
        stranger.pid,
        'the one outside has the mark from this test',
      );
    } finally {
      await end(stranger);
    }
  },
);

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
    assert.is(await killRun({ id: 'no-such-run', users: [] }, null, members), true);
    assert.is(refused >= 3, true);
  } finally {
    process.kill = kill;
    child.kill('SIGKILL');
  }
});

test.run();
