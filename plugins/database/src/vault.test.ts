/** Promises of the vault: what is sealed opens with the same key for the same purpose, and not otherwise. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CodedError } from '@zlh/kernel';
import { startTestKernel, type TestKernel } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Database, Vault } from './index.ts';
import database from './platform.ts';
import { addressOf, trustEverybody } from './testing/index.ts';

const homes: string[] = [];
let server: TestKernel;
/** Of an empty database of its own, with this password. */
let databases = 0;
async function emptyDatabase(password: string): Promise<string> {
  const name = `vault_${++databases}`;
  await server.use(Database).fork().execute(`create database ${name}`);
  return addressOf(server, { name, password });
}

test.before(async () => {
  server = await startTestKernel({ plugins: [database] });
  await trustEverybody(server);
});
test.after(async () => {
  await server.stop();
  for (const home of homes) rmSync(home, { recursive: true });
});

function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'zlh-'));
  homes.push(home);
  return home;
}
const start = (home: string, settings: Record<string, unknown>) =>
  startTestKernel({ plugins: [database], home, config: { database: settings }, logLevel: 'fatal' });
/** The master key as far as anybody can tell; what it was refused with otherwise. */
async function tokenOf(home: string, settings: Record<string, unknown>): Promise<string> {
  try {
    const kernel = await start(home, settings);
    const token = kernel.use(Vault).derive('test', 'a');
    await kernel.stop();
    return token;
  } catch (error) {
    return (error as { cause: CodedError }).cause.code;
  }
}

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as CodedError).code;
  }
  throw new Error('it was not refused');
}

test('what is sealed opens again, and the same is never sealed alike twice', () => {
  const vault = server.use(Vault);
  for (const plain of ['', 'a', 'ü'.repeat(100_000)])
    assert.is(vault.open('x', vault.seal('x', plain)), plain);
  assert.is.not(vault.seal('x', 'a'), vault.seal('x', 'a'));
});

test('what was changed, cut, or sealed for another purpose does not open', () => {
  const vault = server.use(Vault);
  const sealed = vault.seal('x', 'a secret');
  const changed = Buffer.from(sealed, 'base64url');
  changed[20]! ^= 1;
  for (const wrong of [changed.toString('base64url'), sealed.slice(0, 30), '', 'nonsense!'])
    assert.is(
      refusal(() => vault.open('x', wrong)),
      'VAULT_WRONG_KEY',
    );
  assert.is(
    refusal(() => vault.open('y', sealed)),
    'VAULT_WRONG_KEY',
  );
});

test('a derived token is the same for the same parts, and another for any other', () => {
  const { derive } = { derive: server.use(Vault).derive.bind(server.use(Vault)) };
  assert.is(derive('p', 'a', 'b'), derive('p', 'a', 'b'));
  const all = [
    derive('p', 'a', 'b'),
    derive('q', 'a', 'b'),
    derive('p', 'ab'),
    derive('p', 'a', 'b', ''),
    derive('p', 'b', 'a'),
  ];
  assert.is(new Set(all).size, all.length);
  assert.match(all[0]!, /^[A-Za-z0-9_-]{43}$/);
});

test('two homes open the same vault by the password of their database, and a changed password locks nobody out', async () => {
  const [first, second] = [makeHome(), makeHome()];
  const url = await emptyDatabase('one');
  const token = await tokenOf(first, { url });
  assert.is(await tokenOf(second, { url }), token);
  assert.is(await tokenOf(second, { url: url.replace('one', 'two') }), token);
  assert.is(await tokenOf(makeHome(), { url: url.replace('one', 'two') }), token);
});

test('a password written with or without escapes is the same password', async () => {
  const url = await emptyDatabase('p%61ss');
  const token = await tokenOf(makeHome(), { url });
  assert.is(await tokenOf(makeHome(), { url: url.replace('p%61ss', 'pass') }), token);
});

test('with a key of its own a vault is not left open to whoever reads a database without a password', async () => {
  const url = await emptyDatabase('');
  const secretKey = 'k'.repeat(32);
  const home = makeHome();
  const token = await tokenOf(home, { url });
  assert.is(await tokenOf(makeHome(), { url }), token);
  assert.is(await tokenOf(home, { url, secretKey }), token);
  assert.is(await tokenOf(makeHome(), { url }), 'VAULT_LOCKED');
  assert.is(await tokenOf(makeHome(), { url, secretKey }), token);
  assert.is(await tokenOf(makeHome(), { url, secretKey: 'x'.repeat(32) }), 'VAULT_LOCKED');
});

test('a home without its key does not open its database, and does with it', async () => {
  const home = makeHome();
  const token = await tokenOf(home, {});
  const file = join(home, 'vault.key');
  assert.is(statSync(file).mode & 0o777, 0o600);
  const key = readFileSync(file);
  rmSync(file);
  assert.is(await tokenOf(home, {}), 'VAULT_LOCKED');
  writeFileSync(file, key.subarray(0, 7));
  assert.is(await tokenOf(home, {}), 'VAULT_KEY_DAMAGED');
  writeFileSync(file, key);
  assert.is(await tokenOf(home, {}), token);
});

test('the database holds nothing that opens the vault by itself', async () => {
  const home = makeHome();
  const kernel = await start(home, {});
  const dump = JSON.stringify(
    await kernel.use(Database).fork().execute('select * from vault_wrap'),
  );
  const key = readFileSync(join(home, 'vault.key'));
  for (const encoding of ['hex', 'base64', 'base64url'] as const)
    assert.not.ok(dump.includes(key.toString(encoding)));
  await kernel.stop();
});

test.run();
