/** Promises about what a cache lets go of: what nobody uses, and nothing else. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import { smallDisk } from '../testing/small-disk.ts';
import { sweep } from './artifact-sweep.ts';
import { ArtifactUses } from './artifact-uses.ts';

const DAY = 24 * 3_600_000;
let base: string;
let cache: string;

test.before.each(() => {
  base = mkdtempSync(join(tmpdir(), 'zlh-sweep-'));
  cache = join(base, 'cache');
  for (const entry of ['java', 'game', '.compile']) made(entry);
});
test.after.each(() => rmSync(base, { recursive: true }));

function made(entry: string): void {
  mkdirSync(join(cache, entry, 'content'), { recursive: true });
  writeFileSync(join(cache, entry, 'content', 'file'), entry);
}

function agent(name: string): ArtifactUses {
  const home = join(base, name);
  mkdirSync(home, { recursive: true });
  return new ArtifactUses(cache, name, home);
}

const swept = (uses: ArtifactUses, inDays: number, graceMs?: number) =>
  sweep(cache, uses, graceMs, Date.now() + inDays * DAY);
const entries = () => readdirSync(cache).filter((name) => !name.startsWith('.'));

test('what nobody uses goes a week after that was seen, and its room with it', async () => {
  const uses = agent('one');
  uses.only('game', ['java']);
  await swept(uses, 0);
  await swept(uses, 6);
  assert.equal(entries(), ['game', 'java']);
  await swept(uses, 8);
  assert.equal(entries(), ['java']);
  assert.equal(readdirSync(join(cache, '.work')), []);
  assert.ok(existsSync(join(cache, '.compile', 'content', 'file')));
});

test('what another agent uses stays, for whatever purpose, until it says otherwise', async () => {
  const [one, two] = [agent('one'), agent('two')];
  two.add('game', ['java']);
  two.add('release', ['game']);
  await swept(one, 0, 0);
  assert.equal(entries(), ['game', 'java']);
  two.only('game', []);
  await swept(one, 0, 0);
  assert.equal(entries(), ['game']);
});

test('an agent whose home is gone uses nothing, and is forgotten', async () => {
  agent('two').add('game', ['java', 'game']);
  rmSync(join(base, 'two'), { recursive: true });
  const one = agent('one');
  one.add('game', ['java']);
  await swept(one, 0, 0);
  assert.equal(entries(), ['java']);
  assert.equal(readdirSync(join(cache, '.uses')), ['one']);
});

test('used again in between, its week begins anew', async () => {
  const uses = agent('one');
  await swept(uses, 0);
  uses.add('game', ['java', 'game']);
  await swept(uses, 6);
  uses.only('game', []);
  await swept(uses, 8);
  assert.equal(entries(), ['game', 'java']);
});

test('taken up in the moment it goes, it is put back', async () => {
  const [one, two] = [agent('one'), agent('two')];
  const all = one.all.bind(one);
  let asked = 0;
  one.all = () => {
    if (asked++ === 1) two.add('game', ['game']);
    return all();
  };
  await swept(one, 0, 0);
  assert.equal(entries(), ['game']);
  assert.ok(existsSync(join(cache, 'game', 'content', 'file')));
});

test('those that sweep at once, of one agent or of two, are all content', async () => {
  const [one, two] = [agent('one'), agent('two')];
  for (let n = 0; n < 200; n++) made(`entry-${n}`);
  await Promise.all([one, one, two].map((uses) => sweep(cache, uses, 0)));
  assert.equal(entries(), []);
});

when(await needs.mounts())('a full disk keeps nobody from saying what they use', () => {
  using disk = smallDisk(64);
  const uses = new ArtifactUses(disk.folder, 'one', base);
  uses.only('game', ['java']);
  disk.fill();
  uses.add('game', ['game']);
  uses.only('game', []);
  assert.equal([...uses.all()], ['java'], 'what was said before stands');
});

test('a disk without room for a mark has none for what is unused', async () => {
  rmSync(join(cache, 'game'), { recursive: true });
  writeFileSync(join(cache, 'game'), 'no folder, so that no mark can lie in it');
  await swept(agent('one'), 0);
  assert.equal(entries(), ['java']);
});

test.run();
