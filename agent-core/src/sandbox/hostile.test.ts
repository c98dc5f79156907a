// time-limit: 240s
/**
 * A customer's game that wants out, with a real agent, as the identity it really has: what it tries, and
 * what it sees.
 */
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { when } from '../../../test/runner/needs.ts';
import { readShimRecord } from '../shim/start.ts';
import { freePort, startFakePlatform, startTestAgent, testSpec } from '../testing/index.ts';
import { identities } from '../test/identities.ts';

const hostile = fileURLToPath(new URL('../testing/hostile-game.js', import.meta.url));
const repository = resolve(import.meta.dirname, '../../..');

const ofTheMachine = [
  '/etc/shadow',
  '/etc/ssh',
  '/root',
  '/home',
  '/var/lib',
  '/sys/kernel',
  '/boot',
];
const ownRoot = 'bin dev etc lib lib32 lib64 libx32 proc run sbin .outside sys tmp usr var'.split(
  ' ',
);
const ownDevices = 'fd full null ptmx pts random shm stderr stdin stdout tty urandom zero';

interface Results {
  readonly worked: Record<string, string>;
  readonly facts: Record<string, unknown>;
}

for (const { name, needed, agentUser, gameUser } of identities) {
  when(...needed)(`a hostile game gets nowhere: ${name}`, async () => {
    const platform = await startFakePlatform(agentUser);
    const outside = mkdtempSync(join(tmpdir(), 'zlh-victim-'));
    const socket = join(outside, 'socket');
    const server = createServer().listen(socket);
    await once(server, 'listening');
    writeFileSync(join(outside, 'world'), 'of another customer', { mode: 0o666 });
    const leaked = openSync(join(outside, 'world'), 'r');
    const agent = await startTestAgent({
      leaked,
      platformUrl: platform.url,
      user: agentUser,
      isolation: { level: 'sandbox', readable: [repository], hidden: [join(repository, 'docs')] },
    });
    try {
      const at = (...path: string[]) => join(agent.home, ...path);
      const content = Buffer.from('an artifact');
      const targets = {
        read: [
          outside,
          join(outside, 'world'),
          join(repository, 'docs', 'decisions'),
          `/proc/${agent.pid}/environ`,
          ...['agent-token', 'state', 'run', 'state/spec.json'].map((name) => at(name)),
          ...ofTheMachine,
        ],
        write: [join(outside, 'mine'), at('mine'), at('state/mine'), join(repository, 'mine')],
        sockets: [socket, at('run/shim.sock')],
        pids: [1, 2, agent.pid, process.pid].filter((pid) => pid > 10),
        secrets: [agent.token],
      };
      const launch = {
        command: process.execPath,
        args: [hostile, '{artifact:own}'],
        env: { HOSTILE: Buffer.from(JSON.stringify(targets)).toString('base64') },
      };
      const own = {
        name: 'own',
        sha256: platform.offer(content),
        size: content.length,
        format: 'file',
      } as const;
      const probe = { ...testSpec(1).probe, kind: 'log', options: { pattern: '^ready' } };
      const spec = testSpec(await freePort(), {
        platformUrl: platform.url,
        artifacts: [own],
        user: gameUser,
        launch,
        probe: { ...probe, startupTimeoutMs: 60_000 },
      });
      assert.is((await agent.perform(spec)).state, 'succeeded');
      // Twice: the links it made of its own folder lie there when it is launched again.
      for (const round of [1, 2]) {
        const started = await agent.perform('start');
        assert.is(started.state, 'succeeded', JSON.stringify(started.error));
        const { worked, facts } = JSON.parse(
          readFileSync(at('data/results.json'), 'utf8'),
        ) as Results;
        // It may write to folders of that name which are its own; those of the machine show nothing of it.
        const names = new Set(targets.write.map((path) => `write ${path}`));
        const rest = Object.entries(worked).filter(([attack]) => !names.has(attack));
        assert.equal(Object.fromEntries(rest), {}, `round ${round}`);
        assert.equal(targets.write.filter(existsSync), []);
        assertFacts(facts, agent.home, agentUser);
        const { shim } = readShimRecord(at('run'))!;
        process.kill(shim.pid, 0);
        assert.is((await agent.perform('stop')).state, 'succeeded');
      }
      assert.is((await agent.call('GET', '/health')).status, 200);
    } finally {
      server.close();
      closeSync(leaked);
      await agent.end();
      await platform.close();
      rmSync(outside, { recursive: true });
    }
  });

  function assertFacts(facts: Results['facts'], home: string, own: number | undefined): void {
    const uid = gameUser?.uid ?? own ?? process.getuid!();
    assert.is(facts['uid'], uid);
    assert.equal(facts['capabilities'], Array(5).fill('0'.repeat(16)));
    assert.is(facts['noNewPrivs'], '1');
    assert.equal(facts['setuid'], []);
    assert.is(facts['pids'], 2, 'itself, and the first of its namespace');
    assert.match(String(facts['user']), new RegExp(`^game:x:${uid}:\\d+::${home}/data:/bin/sh\n$`));
    const env = ['HOME', 'HOSTILE', 'LANG', 'PATH', 'PWD', 'TERM', 'ZLH_RUN'];
    assert.equal(facts['env'], env);
    const strange = (facts['root'] as string[]).filter((entry) => !ownRoot.includes(entry));
    const ways = [home, repository].map((path) => path.split('/')[1]);
    assert.equal(
      strange.filter((entry) => !ways.includes(entry)),
      [],
    );
    assert.not.ok((facts['etc'] as string[]).includes('shadow'));
    assert.is((facts['dev'] as string[]).join(' '), ownDevices);
  }
}

test.run();
