/**
 * The templates whose publishers give an installer, on a real agent: Java and the installer are stand-ins that do to
 * the data folder what the real ones do, so that every command line of the template is really run.
 */
// time-limit: 180s
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fakeServerFile, freePort, startFakePlatform, startTestAgent } from '@zlh/agent/testing';
import { pack } from 'tar-stream';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadGames } from './load-games.ts';
import { makeBlueprint } from './make-blueprint.ts';

const { games, runtimes } = await loadGames({
  home: '/nonexistent',
  importers: undefined,
  games: [],
  runtimes: [],
});
const minecraft = games.find(({ id }) => id === 'minecraft')!;

/** `java <heap> -jar installer.jar --installServer <folder>` writes `run.sh`; what that starts is the server. */
const java = `#!/bin/sh
if [ "$2" = -jar ]; then
  [ "$1" = -XX:MaxRAMPercentage=70.0 ] && shift || exit 7
  [ "$3" = --installServer ] && [ "$(cat "$2")" = installer ] || exit 9
  mkdir -p "$4/libraries"
  echo 'java @user_jvm_args.txt @libraries/unix_args.txt "$@"' > "$4/run.sh"
  echo installed >> "$4/installed.txt"
  exit 0
fi
[ "$1 $2 $3" = "@user_jvm_args.txt @libraries/unix_args.txt nogui" ] || exit 8
exec "${process.execPath}" "${fakeServerFile}"
`;

async function runtimeArchive(): Promise<Buffer> {
  const archive = pack();
  archive.entry({ name: 'bin/java', mode: 0o755 }, java);
  archive.finalize();
  return buffer(archive);
}

for (const id of ['forge', 'neoforge']) {
  test(`${id} is installed once by its installer, and started by what that made`, async () => {
    const platform = await startFakePlatform();
    const agent = await startTestAgent();
    try {
      const variant = minecraft.variants.find((each) => each.id === id)!;
      const all = new Map(runtimes.map((runtime) => [runtime.id, runtime]));
      const target = { platform: 'linux', arch: 'x64' };
      const { recommended } = variant.versions;
      const { spec, game, version } = makeBlueprint(minecraft, variant, recommended, all, target);
      const archive = await runtimeArchive();
      const installer = Buffer.from('installer');
      const instance = {
        ...spec,
        instanceId: '0197a3c2-1111-7222-8333-123456789abc',
        platformUrl: platform.url,
        kind: 'game' as const,
        game,
        variant: id,
        version,
        memoryMiB: 2048,
        artifacts: [
          { name: 'runtime', sha256: platform.offer(archive), size: archive.length, format: 'tar' },
          { name: 'installer', sha256: platform.offer(installer), size: 9, format: 'file' },
        ] as const,
        ports: [
          { name: 'game', protocol: 'tcp' as const, host: '127.0.0.1', port: await freePort() },
        ],
        autostart: true,
        user: null,
      };
      for (const revision of [1, 2]) {
        const artifacts = [...instance.artifacts];
        const installed = await agent.perform({ ...instance, artifacts, revision });
        assert.is(installed.state, 'succeeded', JSON.stringify(installed.error));
      }
      const data = (name: string) => readFileSync(join(agent.home, 'data', name), 'utf8');
      assert.is(data('installed.txt'), 'installed\n');
      assert.match(data('user_jvm_args.txt'), '-XX:MaxRAM=2048m');
      const started = await agent.perform('start');
      assert.is(started.state, 'succeeded', JSON.stringify(started.error));
    } finally {
      await agent.end();
      await platform.close();
    }
  });
}

test.run();
