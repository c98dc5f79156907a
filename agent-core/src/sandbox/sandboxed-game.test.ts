// time-limit: 300s
/**
 * A game in its sandbox is supervised as any other: told by its own end, reached by signals, and ended with
 * all it started.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { when } from '../../../test/runner/needs.ts';
import type { InstanceSpec } from '../contract/spec.ts';
import { isRunning, statProcess } from '@zlh/kernel/process-id';
import { signalGroup } from '../process/tree.ts';
import { findRunOf } from '../testing/marked-run.ts';
import { readShimRecord } from '../shim/start.ts';
import { freePort, startFakePlatform, startTestAgent, testSpec } from '../testing/index.ts';
import type { FakePlatform, TestAgent } from '../testing/index.ts';
import { identities, type TestIdentity } from '../test/identities.ts';

const repository = resolve(import.meta.dirname, '../../..');
const noRestart = { ...testSpec(1).crash, maxCrashes: 0 };
const logProbe = { ...testSpec(1).probe, kind: 'log', options: { pattern: '^ready' } };

class Bench {
  readonly agent: TestAgent;
  readonly platform: FakePlatform;
  readonly #identity: TestIdentity;
  #revision = 0;

  constructor(agent: TestAgent, platform: FakePlatform, identity: TestIdentity) {
    this.agent = agent;
    this.platform = platform;
    this.#identity = identity;
  }

  get run() {
    const record = readShimRecord(join(this.agent.home, 'run'))!;
    return { ...record, child: record.child! };
  }

  async start(change: Partial<InstanceSpec>): Promise<void> {
    const spec = testSpec(await freePort(), {
      platformUrl: this.platform.url,
      revision: ++this.#revision,
      user: this.#identity.gameUser,
      ...change,
    });
    const installed = await this.agent.perform(spec);
    assert.is(installed.state, 'succeeded', JSON.stringify(installed.error));
    const started = await this.agent.perform('start');
    assert.is(started.state, 'succeeded', JSON.stringify(started.error));
  }

  shell(script: string, change: Partial<InstanceSpec> = {}): Promise<void> {
    const launch = { command: '/bin/sh', args: ['-c', script], env: {} };
    return this.start({ launch, probe: logProbe, crash: noRestart, ...change });
  }

  type(line: string) {
    return this.agent.call('POST', '/console/command', { command: line });
  }

  data(name: string): string {
    return readFileSync(join(this.agent.home, 'data', name), 'utf8');
  }
}

/** Processes tell nobody when they end: looked at until it is so. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

for (const identity of identities) {
  const sandboxed = (title: string, work: (bench: Bench) => Promise<void>) =>
    when(...identity.needed)(`${title}: ${identity.name}`, async () => {
      const platform = await startFakePlatform(identity.agentUser);
      const agent = await startTestAgent({
        platformUrl: platform.url,
        user: identity.agentUser,
        isolation: { level: 'sandbox', readable: [repository], hidden: [] },
        env: { ZLH_AGENT_HEARTBEAT_MS: '300' },
      });
      try {
        await work(new Bench(agent, platform, identity));
      } finally {
        await agent.end();
        await platform.close();
      }
    });

  sandboxed('a game ends with its own exit code or signal', async (bench) => {
    const { platform, agent } = bench;
    for (const code of [3, 143, 255]) {
      await bench.shell(`echo ready; read line; exit ${code}`);
      await bench.type('x');
      const { crash } = await platform.until(({ state }) => state === 'crashed');
      assert.equal([crash?.exitCode, crash?.signal], [code, null]);
      await agent.perform('stop');
      await platform.until(({ state }) => state === 'stopped');
    }
    for (const signal of ['SEGV', 'TERM', 'KILL']) {
      await bench.shell(`echo ready; read line; kill -${signal} $$; sleep 600`);
      await bench.type('x');
      const { crash } = await platform.until(({ state }) => state === 'crashed');
      assert.equal([crash?.exitCode, crash?.signal], [null, `SIG${signal}`]);
      await agent.perform('stop');
      await platform.until(({ state }) => state === 'stopped');
    }
  });

  sandboxed('each signal of a stop reaches the game, and only the game', async (bench) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const) {
      const name = signal.slice(3);
      await bench.shell(
        `trap 'echo got ${name} > got; exit 0' ${name}; echo ready; while :; do sleep 0.05; done`,
        { stop: [{ signal, waitMs: 60_000 }] },
      );
      assert.is((await bench.agent.perform('stop')).state, 'succeeded');
      assert.is(bench.data('got'), `got ${name}\n`);
    }
    // Without a handler it dies by the signal, as it would anywhere.
    await bench.shell('echo ready; exec sleep 600', {
      stop: [{ signal: 'SIGTERM', waitMs: 60_000 }],
    });
    assert.is((await bench.agent.perform('stop')).state, 'succeeded');
  });

  sandboxed('a game controls its terminal, and its children their jobs', async (bench) => {
    await bench.shell(
      'set -m; sleep 600 & kill %1 && stty size < /dev/tty > size && echo ready; trap "echo interrupted > got; exit 0" INT; while :; do sleep 0.05; done',
    );
    assert.match(bench.data('size'), '40 120');
    const { child } = bench.run;
    assert.is(statProcess(child.pid)?.session, child.pid);
    signalGroup(child, 'SIGINT');
    await until(() => !isRunning(child));
    assert.is(bench.data('got'), 'interrupted\n');
  });

  sandboxed('what a game leaves behind is buried, and ends with the game', async (bench) => {
    await bench.shell(
      '(sleep 0.01 & sleep 0.01 &) ; (setsid sleep 600 &); echo ready; while read line; do :; done',
    );
    const { runId, child } = bench.run;
    const left = () => findRunOf(runId, child).map(({ pid }) => pid);
    // The one that waits, the first of the namespace, the game and what it left.
    await until(() => left().length === 4);
    const zombies = () =>
      readdirSync('/proc').filter((name) => {
        const stat = /^\d+$/.test(name) ? statProcess(Number(name)) : undefined;
        return stat?.state === 'Z' && left().includes(stat.parent);
      });
    await until(() => zombies().length === 0);
    process.kill(child.pid, 'SIGKILL');
    await bench.platform.until(({ state }) => state === 'crashed');
    assert.equal(left(), []);
  });

  sandboxed(
    'a game outlives its agent, not its shim, and nothing outlives a kill',
    async (bench) => {
      const { agent, platform } = bench;
      await bench.start({ crash: { ...noRestart, maxCrashes: 3 } });
      const before = bench.run;
      await agent.kill('SIGKILL');
      await agent.start();
      await platform.until(({ ready }) => ready);
      assert.equal(bench.run, before);
      assert.ok(isRunning(before.child));
      process.kill(before.shim.pid, 'SIGKILL');
      await platform.until(({ crash, ready }) => crash !== null && ready);
      assert.equal(findRunOf(before.runId, before.child), []);
      const second = bench.run;
      assert.is((await agent.perform('kill')).state, 'succeeded');
      assert.equal(findRunOf(second.runId, second.child), []);
      const made = readdirSync(join(agent.home, 'run')).filter((name) => name.startsWith('game-'));
      assert.equal(made, [`game-${second.runId}`]);
    },
  );

  sandboxed(
    'an install step runs in a sandbox, and is ended with all it started',
    async (bench) => {
      const step = (script: string) => ({
        name: 'step',
        command: '/bin/sh',
        args: ['-c', script],
        makes: ['made'],
        timeoutMs: 2_000,
      });
      const look = 'ls -a / > made; id -u >> made; [ -e "$0" ] && echo "sees" >> made; exit 0';
      await bench.start({
        install: [{ ...step(look), args: ['-c', look, join(bench.agent.home, 'state')] }],
      });
      const made = bench.data('made');
      const uid = identity.gameUser?.uid ?? identity.agentUser ?? process.getuid!();
      assert.match(made, new RegExp(`^${uid}$`, 'm'));
      assert.not.match(made, 'root');
      assert.not.match(made, 'sees');
      await bench.agent.perform('stop');
      const slow = { ...step('setsid sleep 601 & sleep 600'), name: 'slow' };
      const spec = { install: [slow], user: identity.gameUser, revision: 100 };
      const failed = await bench.agent.perform(testSpec(await freePort(), spec));
      assert.is(failed.error?.code, 'AGENT_STEP_TIMEOUT');
      const sleeping = readdirSync('/proc').filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, 'latin1') === 'sleep\x00601\x00';
        } catch {
          return false; // no process, or one that has ended
        }
      });
      assert.equal(sleeping, []);
    },
  );
}

test.run();
