/** A launch that fails half way: what it leaves behind. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CodedError } from '@zlh/kernel';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Bounds } from '../bounds.ts';
import { ConsoleHub } from '../console/console-hub.ts';
import { kernelGroupFiles } from '../process/groups/group-files.ts';
import { ControlGroups } from '../process/groups/control-groups.ts';
import { Isolation } from '../sandbox/isolation.ts';
import { findShim } from '../process/tree.ts';
import { findRunOf } from '../testing/marked-run.ts';
import { bind, freePort, testSpec } from '../testing/index.ts';
import { launchGame } from './launch.ts';
import type { RunMemory } from './memory.ts';

let home: string;
const node = process.execPath;

test.before.each(() => {
  home = mkdtempSync(join(tmpdir(), 'zlh-launch-'));
  for (const name of ['run', 'data']) mkdirSync(join(home, name));
});
test.after.each(() => {
  process.execPath = node;
  rmSync(home, { recursive: true, force: true });
});

/** In the place of Node: launches a game of the run in a session of its own, and says nothing. */
const mute = `#!/bin/sh
run=$(sed 's/.*"runId":"\\([^"]*\\)".*/\\1/')
env -i "ZLH_RUN=$run" setsid sleep 600 &
wait
`;

test('a shim that never says that it is ready is ended with its game before the run is forgotten', async () => {
  const spec = testSpec(await freePort());
  process.execPath = join(home, 'mute');
  writeFileSync(process.execPath, mute);
  chmodSync(process.execPath, 0o755);
  bind(home);
  const remembered: (RunMemory | null)[] = [];
  const left: number[] = [];
  const remember = (run: RunMemory | null) => {
    const { id } = run ?? remembered[0]!;
    remembered.push(run);
    left.push(findRunOf(id, null).length + Number(findShim(id) !== undefined));
  };
  const options = {
    runDir: join(home, 'run'),
    compileCache: join(home, 'compile'),
    places: { data: join(home, 'data'), artifactPath: () => '' },
    console: new ConsoleHub(),
    groups: new ControlGroups(
      kernelGroupFiles,
      { unified: undefined, controllers: new Map() },
      'test',
    ),
    isolation: new Isolation(join(home, 'run'), new Bounds(home)),
    prepare: () => Promise.resolve(),
    shimWithinMs: 1_000,
  };
  const error = await launchGame(spec, options, remember, new AbortController().signal).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.instance(error, CodedError);
  assert.is((error as CodedError).code, 'AGENT_SHIM_FAILED');
  assert.match((error as CodedError).message, 'it was not ready within 1 seconds');
  assert.is(remembered.at(-1), null);
  assert.equal(left, [0, 0]);
});

test.run();
