/** Promises of the switch itself, one failure at a time: either nothing has changed, or this process is over. */
import { mkdirSync, mkdtempSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { agentProtocol } from '../contract/messages.ts';
import type { OperationContext } from '../contract/operation-kind.ts';
import type { ArtifactCache } from '../install/artifact-cache.ts';
import { ReleaseFolder } from './release-folder.ts';
import { Updater, type UpdateInput } from './updater.ts';

let home: string;
let folder: ReleaseFolder;
let before: string;

test.before.each(() => {
  home = mkdtempSync(join(tmpdir(), 'zlh-updater-'));
  folder = new ReleaseFolder(home);
  before = join(home, 'before');
  mkdirSync(folder.path);
  symlinkSync(before, join(folder.path, 'current'));
  mkdirSync(join(home, 'next'));
  writeFileSync(
    join(home, 'next', 'release.json'),
    JSON.stringify({ version: '9.9.9', node: 24, protocol: agentProtocol }),
  );
});
test.after.each(() => rmSync(home, { recursive: true }));

/** Answers what became of the process. */
async function update(letGo: () => Promise<void>): Promise<unknown[]> {
  const fate: unknown[] = [];
  const updater = new Updater({
    folder,
    cache: {
      isWhole: () => Promise.resolve(true),
      discard: () => Promise.resolve(),
      take: () => undefined,
      settle: () => undefined,
      path: () => join(home, 'next'),
    } as unknown as ArtifactCache,
    credentials: { instanceId: '', token: '', key: () => Buffer.alloc(0) },
    withinMs: 1_000,
    letGo,
    leave(reason) {
      fate.push('left');
      throw reason;
    },
  });
  const context = {
    input: { operationId: 'one', release: { sha256: 'a'.repeat(64), size: 1 } },
    signal: new AbortController().signal,
    phase: (_: string, work: (progress: (share: number) => void) => Promise<void>) =>
      work(() => {}),
  } as unknown as OperationContext<UpdateInput>;
  await updater.run(context).catch((error: unknown) => fate.push((error as Error).message));
  return fate;
}

test('an agent that has let go and cannot become the release ends, and the next start is the release', async () => {
  const fate = await update(() => Promise.reject(new Error('no such luck')));
  assert.equal(fate, ['left', 'no such luck']);
  assert.is(folder.update?.fromLink, before, 'what to come back to is on disk');
  assert.is(readlinkSync(join(folder.path, 'current')), join(home, 'next'));
});

async function isLeftAsItWas(obstacle: string): Promise<void> {
  mkdirSync(join(folder.path, obstacle, 'in the way'), { recursive: true });
  let held = true;
  const fate = await update(() => Promise.resolve(void (held = false)));
  assert.is(fate.length, 1, 'it failed, and the process goes on');
  assert.ok(held);
  assert.is(folder.current, before);
  rmSync(join(folder.path, obstacle), { recursive: true, force: true });
  assert.is(folder.update, undefined);
}
for (const obstacle of ['update.json', 'current.new'])
  test(`a folder that does not take ${obstacle} leaves the agent as it was, with all it holds`, () =>
    isLeftAsItWas(obstacle));

test.run();
