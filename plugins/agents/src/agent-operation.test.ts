/** A run of an agent's operation submits once, outlives deaths of the agent, and ends within its time. */
import { randomUUID } from 'node:crypto';
import type { AgentOperation } from '@zlh/agent';
import { Problem, problems } from '@zlh/http';
import type { PhaseContext } from '@zlh/operations';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runAgentOperation } from './agent-operation.ts';
import type { AgentJob, Agents } from './index.ts';

type Follow = Agents['follow'];

function contextOf(signal = new AbortController().signal) {
  const shares: (number | null)[] = [];
  const context = {
    operationId: randomUUID(),
    attempt: 1,
    signal,
    log: { info: () => undefined, warn: () => undefined },
    progress: (share: number | null) => void shares.push(share),
    checkOwnership: async () => undefined,
  } as unknown as PhaseContext<unknown>;
  return { context, shares };
}

const ended = (state: string, error: object | null = null) =>
  ({ id: '', state, error, phases: [] }) as unknown as AgentOperation;

function jobOf(more: Partial<AgentJob> = {}): AgentJob & { submitted: string[] } {
  const submitted: string[] = [];
  return {
    submitted,
    name: 'work',
    timeoutMs: 60_000,
    target: async () => ({ instanceId: 'i', url: 'unix:/old' }),
    submit: async ({ url }, id) => void submitted.push(`${url} ${id}`),
    ...more,
  };
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: { code?: string }) => error.code,
  );

test('an agent that dies is revived and asked for the same operation', async () => {
  let follows = 0;
  const follow: Follow = async () => {
    if (++follows === 1) throw problems.unavailable('agents.silent', 'Silent.');
    return ended('succeeded');
  };
  const job = jobOf({ revive: async () => ({ instanceId: 'i', url: 'unix:/new' }) });
  await runAgentOperation({ follow }, contextOf().context, job);
  const [first, second] = job.submitted.map((each) => each.split(' '));
  assert.equal([first![0], second![0]], ['unix:/old', 'unix:/new']);
  assert.is(first![1], second![1]);
});

test('an agent that always dies fails the run, and without a way to revive at once', async () => {
  const follow: Follow = () =>
    Promise.reject(problems.unavailable('agents.silent', 'The agent is silent.'));
  let revived = 0;
  const revive = async () => ({ instanceId: 'i', url: `unix:/${++revived}` });
  const { context } = contextOf();
  assert.is(
    await codeOf(runAgentOperation({ follow }, context, jobOf({ revive }))),
    'agents.silent',
  );
  assert.is(revived, 5);
  assert.is(await codeOf(runAgentOperation({ follow }, context, jobOf())), 'agents.silent');
});

test('a run waits for the operation in the way, a bounded number of times', async () => {
  const followed: string[] = [];
  const follow: Follow = async (_target, id) => {
    followed.push(id);
    return ended('succeeded');
  };
  const agentOperation = { ...ended('running'), id: 'in the way' };
  const submit = () => Promise.reject(new Problem(409, 'BUSY', 'Busy.', { agentOperation }));
  const { context } = contextOf();
  assert.is(await codeOf(runAgentOperation({ follow }, context, jobOf({ submit }))), 'BUSY');
  assert.equal(followed, Array(5).fill('in the way'));
});

test('an agent that never ends its work holds no operation for ever', async () => {
  const follow: Follow = (_target, _id, { signal }) =>
    new Promise((_, reject) => {
      const alive = setInterval(() => undefined, 1000); // time limits alone keep no process
      const giveUp = () => {
        clearInterval(alive);
        reject(signal.reason as Error);
      };
      if (signal.aborted) giveUp();
      else signal.addEventListener('abort', giveUp);
    });
  const { context } = contextOf();
  const job = jobOf({ timeoutMs: 20 });
  assert.is(await codeOf(runAgentOperation({ follow }, context, job)), 'agents.operation-timeout');
  const stop = new AbortController();
  const running = runAgentOperation({ follow }, contextOf(stop.signal).context, jobOf());
  stop.abort(Object.assign(new Error('enough'), { code: 'cancelled by hand' }));
  assert.is(await codeOf(running), 'cancelled by hand');
});

test('a failed operation fails the run with the code of the agent', async () => {
  const error = { code: 'AGENT_DISK_FULL', detail: 'The disk is full.' };
  const follow: Follow = async () => ended('failed', error);
  assert.is(
    await codeOf(runAgentOperation({ follow }, contextOf().context, jobOf())),
    'AGENT_DISK_FULL',
  );
});

test('phases of the agent count alike for the progress', async () => {
  const follow: Follow = async (_target, _id, { onChange }) => {
    const phases = [
      { state: 'succeeded', progress: null },
      { state: 'running', progress: 0.5 },
    ];
    onChange?.({ ...ended('running'), phases } as unknown as AgentOperation);
    return ended('succeeded');
  };
  const { context, shares } = contextOf();
  await runAgentOperation({ follow }, context, jobOf());
  assert.equal(shares, [0.75]);
});

test.run();
