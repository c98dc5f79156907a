/** Jars that somebody uploaded, hostile ones included: what they call themselves, or why they are refused. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipOf, type ZipEntry } from '@zlh/agent/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { inspectJar } from './inspect.ts';

let folder: string;
test.before(() => void (folder = mkdtempSync(join(tmpdir(), 'zlh-jar-'))));
test.after(() => rmSync(folder, { recursive: true }));

function look(content: Buffer | readonly ZipEntry[], loaders = ['fabric']) {
  const file = join(folder, 'any.jar');
  writeFileSync(file, Buffer.isBuffer(content) ? content : zipOf(content));
  return inspectJar(file, loaders);
}

const fabric = (value: unknown): ZipEntry[] => [
  { name: 'META-INF/MANIFEST.MF', content: 'Manifest-Version: 1.0\n' },
  { name: 'fabric.mod.json', content: typeof value === 'string' ? value : JSON.stringify(value) },
];
const toml = `modLoader="javafml"
[[mods]] # the first one
modId = "castles"
  version='\${file.jarVersion}'
displayName="The Castles"
[[dependencies.castles]]
modId="forge"
version="9"`;

test('mods and plugins say what they are', async () => {
  assert.equal(await look(fabric({ id: 'castles', name: 'The Castles', version: '1.2' })), {
    modId: 'castles',
    name: 'The Castles',
    version: '1.2',
  });
  const forge = { modId: 'castles', name: 'The Castles', version: 'unknown' };
  assert.equal(await look([{ name: 'META-INF/mods.toml', content: toml }], ['forge']), forge);
  assert.equal(
    await look([{ name: 'META-INF/neoforge.mods.toml', content: toml }], ['neoforge']),
    forge,
  );
  const yaml = `name: 'Perms'\nversion: 5.4.1\nmain: org.example.Perms\ncommands:\n  name: x\n`;
  assert.equal(await look([{ name: 'plugin.yml', content: yaml }], ['paper', 'spigot']), {
    modId: 'Perms',
    name: 'Perms',
    version: '5.4.1',
  });
});

test('a descriptor that is not UTF-8 is refused, and no letter is replaced', async () => {
  const content = Buffer.from('{"id":"castles","name":"Schl\xf6sser"}', 'latin1');
  assert.equal(await look([{ name: 'fabric.mod.json', content }]), {
    fault: 'holds a fabric.mod.json that is not UTF-8',
  });
});

test('a jar for another loader is refused with what is missing', async () => {
  assert.equal(await look(fabric({ id: 'castles' }), ['paper']), {
    fault: 'holds no usable paper-plugin.yml or plugin.yml, so it is not made for this server',
  });
});

test('what is no jar, or a broken one, is refused', async () => {
  const whole = zipOf(fabric({ id: 'castles' }));
  const fault = { fault: 'is no whole jar' };
  assert.equal(await look(Buffer.from('PK no')), fault);
  assert.equal(await look(Buffer.alloc(0)), fault);
  assert.equal(await look(whole.subarray(0, -10)), fault);
  assert.equal(await look(Buffer.concat([Buffer.from('#!/bin/sh\n'), whole])), fault);
});

test('a descriptor that says nothing usable is refused', async () => {
  for (const value of [
    'no JSON',
    'null',
    '[]',
    {},
    { id: 7 },
    { id: '../../etc' },
    { id: 'x'.repeat(65) },
    { id: 'a\nb' },
  ])
    assert.match(JSON.stringify(await look(fabric(value))), 'holds no usable fabric.mod.json');
});

test('names and versions are cut to what a line holds', async () => {
  const found = await look(
    fabric({ id: 'castles', name: `a\u001b[31m${'b'.repeat(1000)}`, version: 'v'.repeat(1000) }),
  );
  assert.ok('name' in found);
  if (!('name' in found)) return;
  assert.is(found.name.length, 100);
  assert.not.match(found.name, '\u001b');
  assert.is(found.version.length, 64);
});

test('a descriptor that is too large, or larger than it says, is not read', async () => {
  const content = JSON.stringify({ id: 'castles', name: 'x'.repeat(300_000) });
  const fault = { fault: 'is no whole jar' };
  assert.equal(await look([{ name: 'fabric.mod.json', content }]), fault);
  assert.equal(await look([{ name: 'fabric.mod.json', content, claimedSize: 10 }]), fault);
});

test('hostile patterns in descriptors are read in no time', async () => {
  const begun = performance.now();
  const hostile = `[[mods]]\n${'modId='.repeat(40_000)}`;
  await look([{ name: 'META-INF/mods.toml', content: hostile }], ['forge']);
  const nested = `${'[[mods]]'.repeat(30_000)}\n`;
  await look([{ name: 'META-INF/mods.toml', content: nested }], ['forge']);
  const blank = `[[mods]]\n${' \n\t'.repeat(80_000)}`;
  await look([{ name: 'META-INF/mods.toml', content: blank }], ['forge']);
  await look([{ name: 'plugin.yml', content: `name:${' '.repeat(250_000)}x\n` }], ['paper']);
  assert.ok(performance.now() - begun < 5000, `${performance.now() - begun} ms`);
});

test.run();
