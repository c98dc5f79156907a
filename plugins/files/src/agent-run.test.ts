/** Operations of files begin only for those who may still change them, and say "cancelled" only when they are. */
import { randomUUID } from 'node:crypto';
import type { AgentJob, Agents } from '@zlh/agents';
import { problems } from '@zlh/http';
import { CodedError } from '@zlh/kernel';
import type { PhaseContext } from '@zlh/operations';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Use } from './agent-files.ts';
import { cancelOnFiles, runOnFiles } from './agent-run.ts';

type Context = PhaseContext<Record<string, unknown>>;
const context = {
  operationId: randomUUID(),
  instanceId: randomUUID(),
  attempt: 1,
  input: {},
  signal: new AbortController().signal,
} as unknown as Context;

/** `hears` says whether the agent can be told to give up; runs are kept in `jobs`. */
function fakeUse(hears: boolean, run?: (job: AgentJob) => Promise<void>) {
  const cancelled: string[] = [];
  const bodies: unknown[] = [];
  const agents: Partial<Agents> = {
    request: async (_target, { body }) => void bodies.push(body) as never,
    run: async (_context, job) =>
      run === undefined ? void (await job.submit(await job.target(), 'id')) : run(job),
    async cancelRun(_context, { name }) {
      cancelled.push(name);
      return hears;
    },
  };
  const use = {
    agents,
    database: { fork: () => undefined },
    instances: { findAgentTarget: async () => ({ instanceId: '', url: '' }) },
  };
  return { use: use as unknown as Use, cancelled, bodies };
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: { code?: string }) => error.code,
  );

test('work that took too long is cancelled on the agent', async () => {
  const { use, cancelled } = fakeUse(true, async () => {
    throw new CodedError('agents.operation-timeout', 'Too slow.', '');
  });
  assert.is(await codeOf(runOnFiles(use, context, '/files/copy')), 'agents.operation-timeout');
  assert.equal(cancelled, ['files']);
});

test('work of a requester who lost the right in the queue is not begun, and cancelled', async () => {
  const { use, cancelled } = fakeUse(true, () => assert.unreachable() as never);
  const rights = {
    ...use,
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
      await codeOf(runOnFiles(rights, { ...context, input: { requesterId } }, '/files/extract')),
      'FILES_RIGHT_LOST',
      requesterId,
    );
  assert.is(cancelled.length, 3);
});

test('an agent does not learn the requester of its work', async () => {
  const { use, bodies } = fakeUse(true);
  const allowed = {
    ...use,
    accounts: { actingFor: async () => ({ can: () => true }) },
    instances: { ...use.instances, admit: async () => undefined },
  } as unknown as Use;
  const input = { requesterId: 'ada', path: 'world.zip' };
  await runOnFiles(allowed, { ...context, input }, '/files/extract');
  assert.equal(bodies, [{ operationId: 'id', input: { path: 'world.zip' } }]);
});

test('an operation does not say "cancelled" when its agent could not be told', async () => {
  assert.is(await codeOf(cancelOnFiles(fakeUse(true).use, context)), 'no error');
  assert.is(await codeOf(cancelOnFiles(fakeUse(false).use, context)), 'files.not-cancelled');
});

test.run();
