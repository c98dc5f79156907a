/**
 * Work that an agent does for an operation of files ends, whatever the agent does, and is not done after
 * all.
 */
import { randomUUID } from 'node:crypto';
import type { AgentOperation } from '@zlh/agent';
import type { Agents } from '@zlh/agents';
import { problems } from '@zlh/http';
import type { PhaseContext } from '@zlh/operations';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Use } from './agent-files.ts';
import { callOff, carryOut } from './agent-work.ts';

type Context = PhaseContext<Record<string, unknown>>;
const context = {
  operationId: randomUUID(),
  instanceId: randomUUID(),
  attempt: 1,
  input: {},
  signal: new AbortController().signal,
  progress: () => undefined,
  checkOwnership: () => Promise.resolve(),
} as unknown as Context;

/** An agent that takes work and never ends it; `hears` says whether it can be told to give it up. */
function silentAgent(hears: boolean): { use: Use; calledOff: string[] } {
  const calledOff: string[] = [];
  const agents: Partial<Agents> = {
    ask: async () => ({}) as never,
    follow: (_target, _id, { signal }) =>
      new Promise<AgentOperation>((_, reject) => {
        const alive = setInterval(() => undefined, 1000); // time limits alone keep no process
        signal.addEventListener('abort', () => {
          clearInterval(alive);
          reject(signal.reason as Error);
        });
      }),
    async callOff(_target, id) {
      calledOff.push(id);
      return hears;
    },
  };
  const use = {
    agents,
    database: { fork: () => undefined },
    instances: { targetOf: async () => ({ instanceId: '', url: '' }) },
  };
  return { use: use as unknown as Use, calledOff };
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: { code?: string }) => error.code,
  );

test('an agent that never ends its work holds no operation for ever, and is told to stop', async () => {
  const { use, calledOff } = silentAgent(true);
  assert.is(await codeOf(carryOut(use, context, '/files/copy', 20)), 'FILES_AGENT_SLOW');
  assert.is(calledOff.length, 1);
});

test('work of somebody who lost the right while it was queued is not begun, and called off', async () => {
  const { use, calledOff } = silentAgent(true);
  const rights = {
    ...use,
    agents: { ...use.agents, ask: () => assert.unreachable() },
    accounts: {
      actingFor: async (id: string) => (id === 'gone' ? null : { id, can: () => id !== 'narrow' }),
    },
    instances: {
      ...use.instances,
      async admit(_em: unknown, _id: string, { id }: { id: string }) {
        if (id === 'unshared') throw problems.notFound('instance');
      },
    },
  } as unknown as Use;
  for (const requesterId of ['gone', 'narrow', 'unshared'])
    assert.is(
      await codeOf(carryOut(rights, { ...context, input: { requesterId } }, '/files/extract')),
      'FILES_RIGHT_LOST',
      requesterId,
    );
  assert.is(calledOff.length, 3);
});

test('an agent does not learn the requester of its work', async () => {
  const { use } = silentAgent(true);
  const bodies: unknown[] = [];
  const allowed = {
    ...use,
    agents: {
      ask: async (_target: unknown, { body }: { body: { input: unknown } }) =>
        void bodies.push(body.input),
      follow: async () => ({ state: 'succeeded', phases: [] }),
    },
    accounts: { actingFor: async () => ({ can: () => true }) },
    instances: { ...use.instances, admit: async () => undefined },
  } as unknown as Use;
  const input = { requesterId: 'ada', path: 'world.zip' };
  await carryOut(allowed, { ...context, input }, '/files/extract');
  assert.equal(bodies, [{ path: 'world.zip' }]);
});

test('an operation does not say "cancelled" when its agent could not be told', async () => {
  assert.is(await codeOf(callOff(silentAgent(true).use, context)), 'no error');
  assert.is(await codeOf(callOff(silentAgent(false).use, context)), 'FILES_NOT_CALLED_OFF');
});

test.run();
