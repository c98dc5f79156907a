/** `kill -9` of the shim while its server floods the console: state, crash record and players say what happened. */
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readShimRecord } from './shim/start.ts';
import { direct, FakePlayer, FloodViewer } from './testing/flood-viewer.ts';
import { freePort, startFakePlatform, startTestAgent, testSpec } from './testing/index.ts';

test('a flooding server whose shim is killed crashes visibly and is started again', async () => {
  const platform = await startFakePlatform();
  const agent = await startTestAgent({ platformUrl: platform.url });
  const run = () => readShimRecord(join(agent.home, 'run'))!;
  try {
    const port = await freePort();
    await agent.perform(testSpec(port, { platformUrl: platform.url }));
    assert.is((await agent.perform('start')).state, 'succeeded');
    const player = new FakePlayer(port);
    const before = run();
    const viewer = await FloodViewer.open(agent);
    await direct(port, 'flood 1000000');
    await viewer.until(10_000);
    process.kill(before.shim.pid, 'SIGKILL');
    const crashed = await platform.until(({ state }) => state === 'crashed');
    assert.equal(
      [crashed.ready, crashed.crash?.reason, crashed.crash?.exitCode, crashed.crash?.signal],
      [false, 'signal', null, null],
    );
    assert.match(crashed.crash!.detail, 'vanished together with its console');
    assert.is(crashed.crash!.count, 1);
    const again = await platform.until(({ state, ready }) => state === 'running' && ready);
    assert.is(again.crash?.count, 1);
    assert.not.equal(run().child, before.child);
    assert.ok(player.ended !== undefined, 'the player of a dead server is told');
    viewer.close();
    player.leave();
  } finally {
    await agent.end();
    await platform.close();
  }
});

test.run();
