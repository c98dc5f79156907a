/**
 * Paths that try to leave the instance's folder, through every route that takes one: each is refused with a code of its
 * own, and what lies outside is neither told nor touched. Against a game that plays along, too: a process that swaps
 * folders for links as fast as it can.
 */
import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { startTestAgent, testSpec, type TestAgent } from '@zlh/agent/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import { filesOf, type FilesClient } from './testing/client.ts';

let agent: TestAgent;
let files: FilesClient;

test.before(async () => {
  agent = await startTestAgent();
  files = filesOf(agent);
  // Beside the folder, and with a name that begins like it.
  for (const outside of ['secret', 'data_secret'])
    writeFileSync(join(agent.home, outside), 'secret');
  mkdirSync(join(files.data, 'folder'));
  writeFileSync(join(files.data, 'folder/file'), 'inside');
  symlinkSync('..', join(files.data, 'up'));
  symlinkSync('/', join(files.data, 'root'));
  symlinkSync(`${agent.home}/secret`, join(files.data, 'leak'));
  symlinkSync('loop', join(files.data, 'loop'));
});
test.after(() => agent.end());

const hostile: readonly (readonly [path: string, code: RegExp])[] = [
  ['..', /FILES_PATH_DOTS/],
  ['../secret', /FILES_PATH_DOTS/],
  ['../data_secret', /FILES_PATH_DOTS/],
  ['folder/../../secret', /FILES_PATH_DOTS/],
  ['folder/..', /FILES_PATH_DOTS/],
  ['./folder', /FILES_PATH_DOTS/],
  ['folder/.', /FILES_PATH_DOTS/],
  ['/etc/passwd', /FILES_PATH_ABSOLUTE/],
  ['//etc/passwd', /FILES_PATH_ABSOLUTE/],
  ['/', /FILES_PATH_ABSOLUTE/],
  ['folder//file', /FILES_PATH_EMPTY/],
  ['folder/', /FILES_PATH_EMPTY/],
  ['nul\0name', /FILES_PATH_NUL/],
  ['folder/file\0.png', /FILES_PATH_NUL/],
  [`${'n'.repeat(300)}/x`, /FILES_NAME_LONG/],
  ['x/'.repeat(200) + 'x', /FILES_PATH_DEEP/],
  [Array.from({ length: 30 }, () => 'y'.repeat(200)).join('/'), /FILES_PATH_LONG|AGENT_INVALID/],
  ['\uf7c3\uf7a9', /FILES_PATH_TEXT/], // é, written as bytes that are no UTF-8
  ['up/secret', /FILES_IS_LINK/],
  ['up/data/folder/file', /FILES_IS_LINK/],
  ['root/etc/passwd', /FILES_IS_LINK/],
  ['leak', /FILES_IS_LINK/],
  ['leak/x', /FILES_IS_LINK/],
  ['loop', /FILES_IS_LINK/],
  ['loop/x', /FILES_IS_LINK/],
  ['folder/file/x', /FILES_NOT_A_FOLDER/],
  ['%2e%2e/secret', /FILES_NOT_FOUND/],
  ['..%2fsecret', /FILES_NOT_FOUND/],
  ['....//secret', /FILES_PATH_EMPTY/],
  ['..\u2215secret', /FILES_NOT_FOUND/],
  ['\uff0e\uff0e/secret', /FILES_NOT_FOUND/],
];

const at = (route: string) => (path: string) =>
  [`${route}?path=${encodeURIComponent(path)}`] as const;
/** Every route that takes a path; what answers a success is harmless by itself. */
const routes: readonly (readonly [
  title: string,
  method: string,
  ask: (path: string) => readonly [path: string, body?: BodyInit | object],
])[] = [
  ['list', 'GET', at('/files')],
  ['read', 'GET', at('/files/content')],
  ['search', 'GET', (path) => [`/files/search?name=x&path=${encodeURIComponent(path)}`]],
  ['pack', 'GET', (path) => [`/files/archive?format=tar&path=${encodeURIComponent(path)}`]],
  ['chmod', 'POST', (path) => ['/files/chmod', { path, mode: '777' }]],
  [
    'copy',
    'POST',
    (path) => ['/files/copy', { operationId: randomUUID(), input: { from: path, to: 'c' } }],
  ],
  [
    'extract',
    'POST',
    (path) => ['/files/extract', { operationId: randomUUID(), input: { path, to: 'e' } }],
  ],
];

test('every route refuses every path that leads out, and says why', async () => {
  const wrong: string[] = [];
  let asked = 0;
  for (const [path, code] of hostile)
    for (const [title, method, ask] of routes) {
      // A link itself may not be followed, but what copies and lists names it may say so otherwise.
      const [address, body] = ask(path);
      const outcome = await files.outcome(method, address, body);
      asked++;
      if (!code.test(outcome) && !(path === 'leak' || path === 'loop'))
        wrong.push(`${title} ${JSON.stringify(path)}: ${outcome}, not ${code.source}`);
    }
  assert.equal(wrong, []);
  assert.ok(asked > 200, `${asked} requests`);
});

const unwritable: readonly (readonly [path: string, code: string])[] = [
  ['back\\slash', 'FILES_NAME_BACKSLASH'],
  ['..\\..\\secret', 'FILES_NAME_BACKSLASH'],
  ['line\nbreak', 'FILES_NAME_CONTROL'],
  ['\u001b[31mred', 'FILES_NAME_CONTROL'],
  ['tab\there', 'FILES_NAME_CONTROL'],
  ['\u009bcsi', 'FILES_NAME_CONTROL'],
  ['photo\u202egpj.exe', 'FILES_NAME_UNSEEN'],
  ['a\u2066b\u2069', 'FILES_NAME_UNSEEN'],
  ['world\u200b', 'FILES_NAME_UNSEEN'],
  ['\ufeffops.json', 'FILES_NAME_UNSEEN'],
  ['', 'FILES_IS_ROOT'],
];

test('nothing is made outside, or with a name that would do harm elsewhere', async () => {
  const wrong: string[] = [];
  const outgoing = hostile.filter(([, code]) => !code.test('FILES_NOT_FOUND'));
  for (const [path, code] of [
    ...outgoing,
    ...unwritable.map(([p, c]) => [p, new RegExp(c)] as const),
  ])
    for (const [title, outcome] of [
      ['write', await files.outcome('PUT', at('/files/content')(path)[0], 'escaped')],
      ['mkdir', await files.outcome('POST', '/files/mkdir', { path })],
      ['rename', await files.outcome('POST', '/files/rename', { from: 'folder/file', to: path })],
      [
        'copy',
        await files.outcome('POST', '/files/copy', {
          operationId: randomUUID(),
          input: { from: 'folder', to: path },
        }),
      ],
      [
        'upload',
        await files.outcome('POST', '/uploads', {
          id: '0'.repeat(32),
          path,
          size: 1,
          overwrite: true,
        }),
      ],
    ] as const) {
      const isLink = path === 'leak' || path === 'loop';
      const fits = code.test(outcome) || (isLink && /FILES_(EXISTS|IS_LINK)/.test(outcome));
      if (!fits) wrong.push(`${title} ${JSON.stringify(path)}: ${outcome}, not ${code.source}`);
    }
  assert.equal(wrong, []);
  for (const outside of ['secret', 'data_secret'])
    assert.is(readFileSync(join(agent.home, outside), 'utf8'), 'secret');
  assert.is(readFileSync(join(files.data, 'folder/file'), 'utf8'), 'inside');
});

test('the whole folder itself is not to be deleted or renamed', async () => {
  assert.is(await files.outcome('DELETE', '/files/content?path='), 'FILES_IS_ROOT');
  assert.is(await files.outcome('POST', '/files/rename', { from: '', to: 'x' }), 'FILES_IS_ROOT');
  assert.is(
    await files.outcome('POST', '/files/chmod', { path: '', mode: '777' }),
    'FILES_IS_ROOT',
  );
});

test('pipes and sockets are told and deleted, and block nobody', async () => {
  execFileSync('mkfifo', [join(files.data, 'pipe')]);
  const server = createServer().listen(join(files.data, 'socket'));
  await once(server, 'listening');
  for (const name of ['pipe', 'socket']) {
    const path = at('/files/content')(name)[0];
    assert.is(await files.outcome('GET', path), 'FILES_NOT_A_FILE');
    assert.is(await files.outcome('PUT', path, 'x'), 'FILES_NOT_A_FILE');
    assert.is(
      await files.outcome('POST', '/files/chmod', { path: name, mode: '777' }),
      'FILES_NOT_A_FILE',
    );
  }
  assert.is((await files.send('GET', '/files/archive?format=zip&path=')).status, 200);
  server.close();
  assert.is(await files.outcome('DELETE', at('/files/content')('pipe')[0]), '204');
});

when(await needs.root())('a file of somebody else under another name is left alone', async () => {
  const own = await startTestAgent();
  try {
    const client = filesOf(own);
    await ownedBy(own, 4242);
    writeFileSync(join(own.home, 'shadow'), 'hashes', { mode: 0o600 });
    linkSync(join(own.home, 'shadow'), join(client.data, 'mine'));
    for (const [method, path, input] of [
      ['GET', '/files/content?path=mine', undefined],
      ['PUT', '/files/content?path=mine', 'x'],
      ['POST', '/files/chmod', { path: 'mine', mode: '777' }],
    ] as const)
      assert.is(await client.outcome(method, path, input), 'FILES_FOREIGN');
    const packed = await client.send('GET', '/files/archive?format=tar');
    assert.is(packed.bytes.includes('hashes'), false);
    assert.is(statSync(join(own.home, 'shadow')).mode & 0o777, 0o600);
    const made = await client.put('made', 'x');
    assert.is(made.status, 201);
    assert.is(statSync(join(client.data, 'made')).uid, 4242);
    await client.send('POST', '/files/mkdir', { path: 'dir' });
    assert.is(statSync(join(client.data, 'dir')).uid, 4242);
  } finally {
    await own.end();
  }
});

/** Installs a spec whose files belong to this user. */
async function ownedBy(own: TestAgent, uid: number): Promise<void> {
  const done = await own.perform({ ...testSpec(1), user: { uid, gid: uid } });
  assert.is(done.state, 'succeeded', JSON.stringify(done.error));
}

test('a game that swaps folders for links wins nothing', async () => {
  const outside = join(agent.home, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'file'), 'outside');
  const racer = spawn(
    process.execPath,
    [
      '-e',
      `const fs = require('fs'); process.chdir(${JSON.stringify(files.data)});
       fs.mkdirSync('swap-real', { recursive: true }); fs.writeFileSync('swap-real/file', 'inside');
       fs.symlinkSync('../outside', 'swap-link'); fs.renameSync('swap-real', 'swap');
       process.stdout.write('racing');
       // A write that finds no folder makes one, which is in the way of the next move.
       const move = (from, to) => {
         for (;;) try { return fs.renameSync(from, to); } catch { fs.rmSync(to, { recursive: true, force: true, maxRetries: 50 }); }
       };
       for (;;) { move('swap', 'swap-real'); move('swap-link', 'swap');
                  move('swap', 'swap-link'); move('swap-real', 'swap'); }`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(racer.stdout, 'data');
  const seen = new Set<string>();
  for (let round = 0; round < 150; round++) {
    const read = await files.get('swap/file');
    seen.add(read.status === 200 ? read.bytes.toString() : String(read.body['code']));
    const written = await files.put(`swap/new-${round}`, 'x');
    seen.add(written.status === 201 ? 'written' : String(written.body['code']));
    await files.send('POST', '/files/chmod', { path: 'swap/file', mode: '600' });
    await files.send('DELETE', '/files/content?path=swap/file2');
    const { body } = await files.send<{ items?: { name: string }[] }>('GET', '/files?path=swap');
    assert.is(body.items?.some(({ name }) => name === 'only-outside') ?? false, false);
  }
  racer.kill('SIGKILL');
  await once(racer, 'exit');
  assert.ok(seen.has('inside'), [...seen].join());
  assert.is(seen.has('outside'), false);
  assert.equal(readdirSync(outside), ['file']);
  assert.is(readFileSync(join(outside, 'file'), 'utf8'), 'outside');
  assert.is(statSync(join(outside, 'file')).mode & 0o777, 0o644);
});

test('the agent lives on', async () => {
  assert.is(existsSync(join(agent.home, 'escaped')), false);
  assert.is((await files.send('GET', '/files')).status, 200);
  assert.not.match(agent.output, /"level":"fatal"/);
});

test.run();
