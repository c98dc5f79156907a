/**
 * Dev environments as their owner uses them: created with a runtime and worked in by a terminal. Stop and
 * rebuild lose nothing, and no environment sees another.
 */
// time-limit: 300s
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../runner/needs.ts';
import type { Accepted, ApiClient, Instance } from '../support/client.ts';
import { ConsoleViewer } from '../support/console.ts';
import { folderOf } from '../support/leftovers.ts';
import { TestPlatform } from '../support/platform.ts';
import { plainHome } from '../support/warm-home.ts';

const npm = await needs.npmRegistry();
let runs = 0;

/** Runs a line in the terminal and answers its output. */
async function run(viewer: ConsoleViewer, line: string): Promise<string> {
  const mark = `end-of-${++runs}`;
  // The mark is put together by the shell, so that the echo of the line does not hold it.
  viewer.type(`${line}; echo "end-of"-${runs}.\r`);
  await viewer.until(`${mark}.`);
  const lines = stripVTControlCharacters(viewer.text).split(/\r?\n/);
  const end = lines.findLastIndex((each) => each.includes(`${mark}.`));
  const begin = lines.findLastIndex((each, at) => at < end && each.includes(line));
  return lines
    .slice(begin + 1, end)
    .join('\n')
    .trim();
}

async function act(client: ApiClient, id: string, action: string): Promise<void> {
  const { operation } = await client.ask<Accepted>('POST', `/api/instances/${id}/${action}`);
  const { state, error } = await client.untilOver(operation.id);
  assert.is(state, 'succeeded', JSON.stringify(error));
}

interface Offered {
  readonly runtimes: readonly {
    readonly id: string;
    readonly version: string;
    readonly kind: string;
  }[];
}

when(npm)('a dev environment keeps its workspace, its runtime and its privacy', async () => {
  const platform = await TestPlatform.start({ from: await plainHome() });
  try {
    const client = await platform.admin();
    const { runtimes } = await client.ask<Offered>('GET', '/api/catalog/runtimes');
    const { id, version } = runtimes.find(({ kind }) => kind === 'node')!;
    const create = async (name: string): Promise<Instance> => {
      const body = { kind: 'dev', name, runtimes: [{ id, version }], memoryMiB: 512 };
      const { instance, operation } = await client.ask<Accepted>('POST', '/api/instances', body);
      const { state, error } = await client.untilOver(operation.id);
      assert.is(state, 'succeeded', JSON.stringify(error));
      return client.until(
        () => client.instance(instance.id),
        ({ ready }) => ready,
      );
    };
    const unknown = { kind: 'dev', name: 'x', runtimes: [{ id, version: '0.1' }] };
    const refused = await client.request('POST', '/api/instances', unknown);
    assert.equal(
      [refused.status, (refused.body.errors as { path: string }[])[0]?.path],
      [422, '/runtimes/0/version'],
    );
    const first = await create('First');
    assert.match(first.hostname, /^dev-\d+$/);
    const second = await create('Second');
    await works(client, first.id, version);
    await keepsItsFiles(client, first.id, version);
    await closedTo(client, second.id, folderOf(platform.home, first.id));
    const { operation } = await client.ask<Accepted>('DELETE', `/api/instances/${first.id}`);
    assert.is((await client.untilOver(operation.id)).state, 'succeeded');
  } finally {
    await platform.remove();
  }
});

async function works(client: ApiClient, id: string, version: string): Promise<void> {
  const viewer = await ConsoleViewer.open(client, id);
  assert.is(await run(viewer, 'node -v'), `v${version}`);
  const words = await run(viewer, 'echo "$USER $LOGNAME $(whoami) ${HOME##*/} ${PWD##*/} $TERM"');
  assert.is(words, 'dev dev dev data workspace xterm-256color');
  const bare = await run(viewer, 'env -i HOME="$HOME" bash -lc "node -v; echo \\$USER"');
  assert.is(bare, `v${version}\ndev`);
  await run(viewer, 'echo "console.log(6 * 7)" > answer.js');
  assert.is(await run(viewer, 'node answer.js'), '42');
  viewer.close();
  const path = encodeURIComponent('workspace/answer.js');
  const { body } = await client.request<{ text: string }>(
    'GET',
    `/api/instances/${id}/files/content?path=${path}`,
  );
  assert.is(body.text, 'console.log(6 * 7)\n');
}

async function keepsItsFiles(client: ApiClient, id: string, version: string): Promise<void> {
  await act(client, id, 'stop');
  await act(client, id, 'start');
  await act(client, id, 'rebuild');
  const viewer = await ConsoleViewer.open(client, id);
  assert.is(await run(viewer, 'node answer.js'), '42');
  // A new shell follows the one that ended.
  viewer.type('exit\r');
  assert.is(await run(viewer, 'node -v'), `v${version}`);
  viewer.close();
}

async function closedTo(client: ApiClient, id: string, foreign: string): Promise<void> {
  const viewer = await ConsoleViewer.open(client, id);
  const file = join(foreign, 'data/workspace/answer.js');
  assert.match(await run(viewer, `cat ${file}`), /No such file|Permission denied/);
  assert.match(await run(viewer, `ls ${foreign}`), /No such file|Permission denied/);
  viewer.close();
}

test.run();
