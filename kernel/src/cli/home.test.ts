/** One home, one process: whoever comes second is told, and a killed holder blocks nobody. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { failureOf, wordsOf } from '../../test/coded.ts';
import { needs, when } from '../../../test/runner/needs.ts';
import { processId } from '../process-id.ts';
import { homeHolder, openHome } from './home.ts';

const root = await needs.root();
const folder = mkdtempSync(join(tmpdir(), 'zlh-home-'));
let number = 0;
const fresh = () => join(folder, `${++number}`, 'home');

/** Another process that holds the home until it is killed. */
async function holder(home: string) {
  const module = new URL('home.ts', import.meta.url).href;
  const code = `
    const { openHome } = await import(${JSON.stringify(module)});
    openHome(${JSON.stringify(home)}, 'platform');
    await new Promise(setImmediate);
    gc(); // nobody refers to what it was answered
    process.stdout.write('held');
    setInterval(() => {}, 1e6);`;
  const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

test('a home that is missing is made, closed to others but for the way through under root', () => {
  const home = fresh();
  openHome(home, 'platform').release();
  assert.is(statSync(home).mode & 0o777, process.getuid?.() === 0 ? 0o711 : 0o700);
});

test('a second process is told who holds the home; kill -9 of the holder frees it', async () => {
  const home = fresh();
  const child = await holder(home);
  assert.equal(wordsOf(await failureOf(() => openHome(home, 'platform'))), [
    'HOME_IN_USE',
    `Another platform (process ${child.pid}) is using the home "${home}".`,
    'Stop it first, or set ZLH_HOME to another folder.',
  ]);
  child.kill('SIGKILL');
  await once(child, 'exit');
  openHome(home, 'platform').release();
});

test('the holder of a home is known by more than its number, and is gone when it ends', async () => {
  const home = fresh();
  assert.is(homeHolder(home, 'platform'), undefined);
  const child = await holder(home);
  assert.equal(homeHolder(home, 'platform'), processId(child.pid!));
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.is(homeHolder(home, 'platform'), undefined);
  const [, , boot] = readFileSync(join(home, 'platform.pid'), 'utf8').split('\n');
  const { pid, startTime } = processId(process.pid)!;
  const named = (...lines: unknown[]) => {
    writeFileSync(join(home, 'platform.pid'), lines.join('\n'));
    return homeHolder(home, 'platform');
  };
  assert.equal(named(pid, startTime, boot), { pid, startTime });
  for (const lines of [
    [pid],
    [pid, startTime + 1, boot],
    [pid, startTime, 'another boot'],
    ['x'],
    [],
  ])
    assert.is(named(...lines), undefined, lines.join());
});

when(root)(
  'a game cannot keep its platform or its agent from starting by locking a file',
  async () => {
    const home = fresh();
    openHome(home, 'agent').release();
    // As a home of before has it.
    chmodSync(join(home, 'agent.lock'), 0o644);
    openHome(home, 'agent').release();
    // The game's user may pass through the home; a shared lock keeps everybody else from an exclusive one.
    chmodSync(folder, 0o711);
    chmodSync(join(home, '..'), 0o711);
    const script = `
    my $shared = pack('s s x4 q q i', 0, 0, 0, 0, 0);
    open(F, '<', '${join(home, 'agent.lock')}') && fcntl(F, 6, $shared);
    $| = 1; print "tried\\n"; sleep 600;`;
    const game = spawn(
      'setpriv',
      ['--reuid=65534', '--regid=65534', '--clear-groups', 'perl', '-e', script],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(game.stdout, 'data');
    try {
      openHome(home, 'agent').release();
    } finally {
      game.kill('SIGKILL');
    }
  },
);

test('the same process cannot take it twice, and can again after a release', async () => {
  const home = fresh();
  const first = openHome(home, 'platform');
  assert.is(wordsOf(await failureOf(() => openHome(home, 'platform')))[0], 'HOME_IN_USE');
  first.release();
  first.release();
  openHome(home, 'platform').release();
});

test('a platform and an agent may share a home', () => {
  const home = fresh();
  const platform = openHome(home, 'platform');
  const agent = openHome(home, 'agent');
  platform.release();
  agent.release();
});

test('a holder that has not written its pid yet is unknown', async () => {
  const home = fresh();
  const first = openHome(home, 'platform');
  rmSync(join(home, 'platform.pid'));
  assert.match(wordsOf(await failureOf(() => openHome(home, 'platform')))[1], '(process unknown)');
  first.release();
});

const unwritable = (home: string, reason: string) => [
  'HOME_UNWRITABLE',
  `The home "${home}" cannot be written: ${reason}.`,
  'Make room or give this user write access, or set ZLH_HOME to another folder.',
];

test('a file in the place of the home, or on the way to it, is named', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  assert.equal(
    wordsOf(await failureOf(() => openHome(file, 'platform'))),
    unwritable(file, 'there is a file of that name'),
  );
  const below = join(file, 'home');
  assert.equal(
    wordsOf(await failureOf(() => openHome(below, 'platform'))),
    unwritable(below, 'there is a file on the way to it'),
  );
});

test('a home where nobody may write is refused', async () => {
  const [code, message] = wordsOf(await failureOf(() => openHome('/sys/zlh-home', 'platform')));
  assert.is(code, 'HOME_UNWRITABLE');
  assert.match(message, /^The home "\/sys\/zlh-home" cannot be written: /);
});

test('a lock or a pid that cannot be written is refused, and nothing stays locked', async () => {
  const lockless = fresh();
  mkdirSync(join(lockless, 'platform.lock'), { recursive: true });
  assert.is(wordsOf(await failureOf(() => openHome(lockless, 'platform')))[0], 'HOME_UNWRITABLE');

  const pidless = fresh();
  mkdirSync(join(pidless, 'platform.pid'), { recursive: true });
  assert.is(wordsOf(await failureOf(() => openHome(pidless, 'platform')))[0], 'HOME_UNWRITABLE');
  rmSync(join(pidless, 'platform.pid'), { recursive: true });
  openHome(pidless, 'platform').release();
  assert.ok(existsSync(join(pidless, 'platform.pid')));
});

test.run();
