/** Names that no text can hold, or that would do harm where they are shown: told, refused, and never in the way. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { startTestAgent, type TestAgent } from '@zlh/agent/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { FilePage } from './index.ts';
import { filesOf, type FilesClient } from './testing/client.ts';

let agent: TestAgent;
let files: FilesClient;

test.before(async () => {
  agent = await startTestAgent();
  files = filesOf(agent);
});
test.after(() => agent.end());

/** As the system has them, and how they are told. */
const strange: readonly (readonly [title: string, bytes: Buffer, text: string])[] = [
  ['a lone surrogate', Buffer.from([0xed, 0xa0, 0x80]), '\uf7ed\uf7a0\uf780'],
  ['half a character', Buffer.from([0x61, 0xf0, 0x9f]), 'a\uf7f0\uf79f'],
  ['an overlong slash', Buffer.from([0xc0, 0xaf]), '\uf7c0\uf7af'],
  ['a character that stands for a byte', Buffer.from('\uf7ff'), '\uf7ef\uf79f\uf7bf'],
  ['255 bytes', Buffer.alloc(255, 0xff), '\uf7ff'.repeat(255)],
  ['a line break', Buffer.from('a\nb'), 'a\nb'],
  ['a colour', Buffer.from('\u001b[31m'), '\u001b[31m'],
  ['a backslash', Buffer.from('..\\x'), '..\\x'],
  ['a character beyond the first plane', Buffer.from('🎮'), '🎮'],
];

test('a folder with any names is listed, its files read, copied, packed, and deleted with it', async () => {
  const folder = Buffer.from(`${files.data}/strange/`);
  mkdirSync(folder);
  for (const [title, bytes] of strange) writeFileSync(Buffer.concat([folder, bytes]), title);
  const page = (await files.send<FilePage>('GET', '/files?path=strange')).body;
  assert.equal(
    page.items.map(({ name }) => name).toSorted(),
    strange.map(([, , text]) => text).toSorted(),
  );
  for (const [title, , text] of strange) {
    const { status, bytes } = await files.get(`strange/${text}`);
    assert.equal([status, bytes.toString()], [200, title]);
  }
  const found = (await files.send<FilePage>('GET', '/files/search?name=%EF%9F%AD')).body;
  assert.is(found.items.length, 1);
  for (const [action, input] of [
    ['copy', { from: 'strange', to: 'copied' }],
    ['archive', { path: 'strange', to: 'strange.zip' }],
  ] as const) {
    const operationId = randomUUID();
    await files.send('POST', `/files/${action}`, { operationId, input });
    const { state, error } = await agent.finished(operationId);
    assert.is(state, 'succeeded', JSON.stringify(error));
  }
  const names = (path: string) =>
    readdirSync(join(files.data, path), { encoding: 'latin1' }).toSorted();
  assert.equal(names('copied'), names('strange'));
  for (const path of ['strange', 'copied'])
    assert.is(await files.outcome('DELETE', `/files/content?path=${path}`), '204');
  const trash = join(agent.home, 'state/files/trash');
  while (readdirSync(trash).length > 0) await new Promise(setImmediate);
});

test('a file of any name is deleted by it', async () => {
  for (const [, bytes, text] of strange) {
    writeFileSync(Buffer.concat([Buffer.from(`${files.data}/`), bytes]), '');
    const path = `/files/content?path=${encodeURIComponent(text)}`;
    assert.is(await files.outcome('DELETE', path), '204');
  }
});

const unspeakable = ['\ud800', 'a\udfffb', 'folder/\udc00', '\ud800/file', '\uf7c3\uf7a9', 'n\0l'];

test('a path that no name can have is refused with its code, wherever it is said', async () => {
  const id = '0'.repeat(32);
  const wrong: string[] = [];
  for (const path of unspeakable)
    for (const [route, body] of [
      ['/files/mkdir', { path }],
      ['/files/chmod', { path, mode: '644' }],
      ['/files/rename', { from: path, to: 'x' }],
      ['/files/rename', { from: 'x', to: path }],
      ['/files/copy', { operationId: randomUUID(), input: { from: path, to: 'x' } }],
      ['/files/extract', { operationId: randomUUID(), input: { path, to: 'x' } }],
      ['/files/archive', { operationId: randomUUID(), input: { path, to: 'x.zip' } }],
      ['/uploads', { id, path, size: 1 }],
    ] as const) {
      const { status, body: answer } = await files.send('POST', route, body);
      const fits = status === 422 && /^FILES_PATH_(TEXT|NUL)$/.test(String(answer['code']));
      if (!fits)
        wrong.push(`${route} ${JSON.stringify(body)}: ${status} ${String(answer['code'])}`);
    }
  assert.equal(wrong, []);
  assert.not.match(agent.output, /"level":"(error|fatal)"/);
});

test.run();
