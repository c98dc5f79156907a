/** Guarantees of the reconciler: an agent that ended is back at once, each time, and one that cannot start is not hammered. */
import type { Agents } from '@zlh/agents';
import type { DomainEvent, Listener } from '@zlh/events';
import { FakeClock } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { AgentReconciler } from './agent-reconciler.ts';
import type { Placement } from './index.ts';

type Deps = ConstructorParameters<typeof AgentReconciler>[0];

const placement: Placement = {
  agentUrl: 'unix:/nowhere/agent.sock',
  address: { host: '127.0.0.1', port: 2 },
  ports: [],
  user: null,
  details: {},
};

/** One instance, its agent, and everything that happens to the two. */
function world() {
  const clock = new FakeClock();
  const listeners = new Set<Listener>();
  const instance = { id: 'i', name: 'I', provider: 'fake', observed: 'running', placement };
  let alive = true;
  const starts: number[] = [];
  const told: string[] = [];
  let fault: Error | undefined;
  const tell = (type: string) => {
    for (const listener of listeners) listener({ type, instanceId: 'i' } as DomainEvent);
  };
  const em = {
    find: async (_: unknown, where: { observed?: string }) =>
      where.observed === undefined || where.observed === instance.observed ? [instance] : [],
    findOne: async () => instance,
  };
  const agents = {
    tokenFor: () => 'token',
    address: async () => 'unix:/nowhere/agents.sock',
    reachable: async () => alive,
    setPlatformUrl: async () => void told.push('announced'),
    async markUnreachable() {
      instance.observed = 'unreachable';
      tell('agents.lost');
    },
  } as unknown as Agents;
  const provider = {
    id: 'fake',
    async ensureRunning() {
      if (fault !== undefined) throw fault;
      if (!alive) starts.push(clock.now());
      alive = true;
      return placement;
    },
  };
  const deps = {
    clock,
    agents,
    database: { fork: () => em },
    events: {
      subscribe(listener: Listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    providers: [{ plugin: 'test', value: provider }],
    log: { warn: () => undefined, error: () => undefined },
  } as unknown as Deps;
  return {
    clock,
    reconciler: new AgentReconciler(deps),
    starts,
    told,
    kill() {
      alive = false;
    },
    /** Its provider saw the process end. */
    async end() {
      alive = false;
      await agents.markUnreachable('i');
    },
    report() {
      instance.observed = 'running';
      tell('agents.reported');
    },
    breakStarts: (error: Error | undefined) => (fault = error),
  };
}

test('a healthy agent that is killed again and again is back within a second, each time', async () => {
  const { clock, reconciler, starts, end, report } = world();
  reconciler.begin();
  await clock.advance(10_000);
  for (let n = 0; n < 30; n++) {
    const killedAt = clock.now();
    await end();
    await clock.advance(1000);
    assert.is(starts.length, n + 1);
    assert.ok(starts.at(-1)! - killedAt <= 1000);
    // Whether it was heard meanwhile or died before, makes no difference.
    if (n % 2 === 0) report();
  }
  await reconciler.end();
});

test('a start that fails is tried later each time, and a report forgives at once', async () => {
  const { clock, reconciler, starts, end, report, breakStarts } = world();
  reconciler.begin();
  await clock.advance(0);
  breakStarts(new Error('no memory'));
  await end();
  await clock.advance(100_000);
  assert.is(starts.length, 0);
  breakStarts(undefined);
  report();
  await end();
  await clock.advance(1000);
  assert.is(starts.length, 1);
  await reconciler.end();
});

test('an end that nobody noticed is found when the platform starts, and by the poll later', async () => {
  const { clock, reconciler, starts, told, kill, report } = world();
  kill();
  reconciler.begin();
  await clock.advance(0);
  assert.equal([starts.length, told.length > 0], [1, true]);
  report();
  await reconciler.end();
  await clock.advance(60_000);
  assert.is(starts.length, 1, 'and nothing is started after the end');
});

test.run();
