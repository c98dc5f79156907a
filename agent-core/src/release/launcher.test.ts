/** Promises of the launcher where the disk is full: the way back is open, and leads to the agent before. */
import { copyFileSync, existsSync, mkdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import { smallDisk, type SmallDisk } from '../testing/small-disk.ts';
import { ReleaseFolder } from './release-folder.ts';

const FILES = 'node_modules/@zlh/kernel/dist/cli/main.js';

interface Place {
  readonly folder: ReleaseFolder;
  readonly disk: SmallDisk;
  readonly before: string | null;
}

/** An agent on this disk whose update to this program has just begun. */
function begun(disk: SmallDisk, program: string, isFirst: boolean): Place {
  const folder = new ReleaseFolder(disk.folder);
  const [to, before] = [join(disk.folder, 'next'), isFirst ? null : join(disk.folder, 'before')];
  mkdirSync(join(to, FILES, '..'), { recursive: true });
  writeFileSync(join(to, FILES), program);
  writeFileSync(join(to, 'package.json'), '{"type":"module"}');
  folder.begin({
    operationId: 'one',
    to,
    from: [process.execPath, '-p', '"the agent before"'],
    fromLink: before,
    deadlineMs: 60_000,
    attempts: 0,
  });
  return { folder, disk, before };
}

function launched({ folder }: Place): string {
  const { stdout, stderr } = spawnSync(process.execPath, [folder.launcher, 'agent'], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  assert.match(stderr, 'AGENT_UPDATE_FAILED');
  return stdout;
}

function isBack({ folder, before }: Place): void {
  assert.is(folder.current, before);
  assert.is(folder.update, undefined);
  assert.is(folder.failed?.operationId, 'one');
}

const fills = (ballast: string) => `
  import { mkdirSync, writeFileSync } from 'node:fs';
  mkdirSync('${ballast}');
  const fill = (take) => { try { for (;;) take(); } catch { /* full */ } };
  let name = 0;
  fill(() => writeFileSync('${ballast}/bytes', Buffer.alloc(65_536), { flag: 'a' }));
  fill(() => writeFileSync('${ballast}/bytes', 'x', { flag: 'a' }));
  fill(() => writeFileSync('${ballast}/' + name++, ''));
  export const main = () => process.exit(3);
`;

const root = when(await needs.mounts());
for (const isFirst of [true, false]) {
  const which = isFirst ? 'the first release of all' : 'a release';
  root(`${which} that fills the disk and ends is taken back`, () => {
    using disk = smallDisk(1024);
    const place = begun(disk, fills(join(disk.folder, 'full')), isFirst);
    assert.is(launched(place), 'the agent before\n');
    isBack(place);
  });
  root(`${which} is not even tried on a disk that is full by then`, () => {
    using disk = smallDisk(1024);
    const place = begun(disk, `export const main = () => console.log('tried')`, isFirst);
    disk.fill();
    assert.is(launched(place), 'the agent before\n');
    isBack(place);
  });
}

root('cut off after the link, the way back is gone to its end', () => {
  using disk = smallDisk(1024);
  const place = begun(disk, 'export const main = () => process.exit(3)', false);
  copyFileSync(join(place.folder.path, 'update.json'), join(disk.folder, 'update.json'));
  launched(place);
  copyFileSync(join(disk.folder, 'update.json'), join(place.folder.path, 'update.json'));
  place.folder.forgetFailure();
  assert.is(existsSync(join(place.folder.path, 'previous')), false);
  assert.is(launched(place), 'the agent before\n');
  isBack(place);
  assert.is(readlinkSync(join(place.folder.path, 'current')), place.before);
});

test.run();
