/** What was deleted is taken apart, whatever its owner did to it; what is in the making is kept as long as its operation. */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@zlh/kernel';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import { asNobody, nobody } from '../testing/as-nobody.ts';
import { StagingArea } from './staging-area.ts';

const log = { warn() {}, debug() {} } as unknown as Logger;
let home: string;
const at = (path: string) => join(home, path);

test.before.each(() => {
  home = mkdtempSync(join(tmpdir(), 'zlh-staging-'));
  for (const name of ['data', 'state']) mkdirSync(at(name));
});
test.after.each(() => rmSync(home, { recursive: true }));

const owned = () => [home, at('data'), at('state')];

when(await needs.root())('folders whose owner is locked out are taken apart', async () => {
  await asNobody(owned(), async () => {
    const staging = new StagingArea(at('state'), at('data'), log);
    for (const path of ['gone/closed/in', 'gone/fixed/in/deep'])
      mkdirSync(at(`data/${path}`), { recursive: true });
    for (const path of ['closed/file', 'fixed/in/file']) writeFileSync(at(`data/gone/${path}`), '');
    for (const path of ['fixed/in/deep', 'fixed/in', 'fixed'])
      chmodSync(at(`data/gone/${path}`), 0o555);
    for (const path of ['closed/in', 'closed']) chmodSync(at(`data/gone/${path}`), 0);
    await staging.discard(at('data/gone'));
    await staging.cleared();
    assert.equal(readdirSync(at('state/trash')), []);
  });
});

when(await needs.root())('what cannot be taken apart is in nobody else’s way', async () => {
  mkdirSync(at('state/trash/0/roots'), { recursive: true });
  writeFileSync(at('state/trash/0/roots/file'), '');
  chownSync(at('state/trash'), nobody, nobody);
  chownSync(at('state/trash/0'), nobody, nobody);
  await asNobody(owned(), async () => {
    const staging = new StagingArea(at('state'), at('data'), log);
    mkdirSync(at('data/gone'));
    writeFileSync(at('data/gone/file'), '');
    await staging.discard(at('data/gone'));
    await staging.cleared();
    assert.equal(readdirSync(at('state/trash')), ['0']);
  });
});

test('the folder of an operation is kept as long as somebody goes on with it, and no longer', async () => {
  const staging = new StagingArea(at('state'), at('data'), log);
  for (const id of ['goes-on', 'over']) {
    mkdirSync(staging.work(id));
    writeFileSync(join(staging.work(id), 'item'), '');
  }
  writeFileSync(staging.incoming(), '');
  await staging.begin();
  await staging.sweep((id) => id === 'goes-on');
  await staging.cleared();
  assert.equal(readdirSync(at('state/work')), ['goes-on']);
  assert.ok(existsSync(join(staging.work('goes-on'), 'item')));
  for (const name of ['incoming', 'trash']) assert.equal(readdirSync(at(`state/${name}`)), []);
});

test.run();
