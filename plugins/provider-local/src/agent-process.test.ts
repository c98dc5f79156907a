/** Which program an agent is started from: a release only where one is in place, whatever an update left half done. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { programIn } from './agent-process.ts';

test('an agent is started from a release exactly where the link leads to one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zlh-program-'));
  const release = join(folder, 'release');
  const launcher = join(release, 'launch.js');
  try {
    assert.match(programIn(folder), /zlh\.js$/);
    mkdirSync(release);
    writeFileSync(launcher, '');
    assert.match(programIn(folder), /zlh\.js$/, 'killed before the link was made');
    symlinkSync(join(folder, 'unpacked'), join(release, 'current'));
    assert.match(programIn(folder), /zlh\.js$/, 'the release is gone');
    mkdirSync(join(folder, 'unpacked'));
    assert.is(programIn(folder), launcher);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
