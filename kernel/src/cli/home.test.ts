/** One home, one process: whoever comes second is told, and a killed holder blocks nobody. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { failureOf, wordsOf } from '../../test/coded.ts';
import { openHome } from './home.ts';

const folder = mkdtempSync(join(tmpdir(), 'zlh-home-'));
let number = 0;
const fresh = () => join(folder, `${++number}`, 'home');

/** Another process that holds the home until it is killed. */
async function holder(home: string) {
  const module = new URL('home.ts', import.meta.url).href;
  const code = `
    const { openHome } = await import(${JSON.stringify(module)});
    openHome(${JSON.stringify(home)}, 'platform');
    process.stdout.write('held');
    setInterval(() => {}, 1e6);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
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
  'Make runtime or give this user write access, or set ZLH_HOME to another folder.',
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
