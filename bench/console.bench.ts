/**
 * The console under load, beside the same game on a bare pseudo terminal piped to WebSockets (`console-bare.ts`); both
 * take turns, and a ratio is the median over rounds. Bytes count when a viewer has received them for the first time;
 * what a resync repeats does not count, and what it leaves out is shown.
 *
 * Then stalled viewers beside ten that read: what they cost these and the agent. Then key strokes through a browser's
 * socket, the platform, the agent and the shim, from sending one until its echo is back. And an agent that is killed
 * and started again: from its start until it tells the server's state, and until a viewer sees the scrollback.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort, startTestAgent, testSpec, type TestAgent } from '@zlh/agent/testing';
import { socketUrlOf } from '@zlh/kernel/testing';
import { WebSocket } from 'ws';
import type { Instance, Operation } from '../test/support/client.ts';
import { TestPlatform } from '../test/support/platform.ts';
import { game, warmHome } from '../test/support/warm-home.ts';
import type { ViewersResult, ViewersTask } from './console-viewers.ts';
import { median, memoryOf, quantile, tell, type Figure } from './figures.ts';

const rounds = 3;
const many = 50;
const strokes = 500;
const returns = 5;
const flood = { warmUpMs: 1000, measureMs: 3000, stalled: 0, type: 'flood 10000000\r' };
const flags = ['--conditions=zlh-source', '--disable-warning=ExperimentalWarning'];

interface Server {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly pid: number;
  end(): Promise<unknown>;
}

function run(file: string, ...args: string[]): { child: ChildProcess; line: Promise<string> } {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, [...flags, path, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  return { child, line: once(lines, 'line').then(([line]) => line as string) };
}

async function bare(): Promise<Server> {
  const { child, line } = run('console-bare.ts');
  const end = () => {
    child.kill('SIGKILL');
    return once(child, 'exit');
  };
  return { url: await line, headers: {}, pid: child.pid!, end };
}

async function runningAgent(): Promise<TestAgent> {
  const agent = await startTestAgent();
  await agent.perform(testSpec(await freePort()));
  const { state, error } = await agent.perform('start');
  if (state !== 'succeeded') throw new Error(JSON.stringify(error));
  return agent;
}

const headersOf = ({ token }: TestAgent) => ({ authorization: `Bearer ${token}` });

async function whole(): Promise<Server> {
  const agent = await runningAgent();
  const { pid } = agent;
  return {
    url: socketUrlOf(agent.url, '/console'),
    headers: headersOf(agent),
    pid,
    end: () => agent.end(),
  };
}

interface Watched extends ViewersResult {
  readonly speed: number;
  /** Median of the server's memory meanwhile. */
  readonly memory: number;
}

async function watch({ url, headers, pid }: Server, task: Partial<ViewersTask>): Promise<Watched> {
  const { child, line } = run(
    'console-viewers.ts',
    JSON.stringify({ ...flood, ...task, url, headers }),
  );
  const memory: number[] = [];
  const look = setInterval(() => memory.push(memoryOf(pid).own), 100);
  try {
    const result = JSON.parse(await line) as ViewersResult;
    const speed = result.bytes / 1e6 / result.seconds;
    return { ...result, speed, memory: median(memory.slice(10)) };
  } finally {
    clearInterval(look);
    child.kill();
  }
}

async function watchOnce(start: () => Promise<Server>, viewers: number): Promise<Watched> {
  const server = await start();
  try {
    return await watch(server, { viewers });
  } finally {
    await server.end();
  }
}

const of = <T>(list: readonly T[], get: (each: T) => number) => median(list.map(get));
const all = <T>(list: readonly T[], get: (each: T) => number) =>
  list.reduce((sum, each) => sum + get(each), 0);

async function throughput(viewers: number): Promise<Figure[]> {
  const pairs: { readonly agent: Watched; readonly pipe: Watched }[] = [];
  for (let i = 0; i < rounds; i++)
    pairs.push({ pipe: await watchOnce(bare, viewers), agent: await watchOnce(whole, viewers) });
  const to = `to ${viewers === 1 ? 'one viewer' : `${viewers} viewers`}`;
  const agent = of(pairs, (pair) => pair.agent.speed);
  const least = viewers === 1 ? {} : { least: 500 };
  return [
    { what: `bare terminal ${to}`, value: of(pairs, ({ pipe }) => pipe.speed), unit: 'MB/s' },
    { what: `agent ${to}`, value: agent, unit: 'MB/s', ...least },
    {
      what: '  against the bare terminal',
      value: of(pairs, (pair) => pair.agent.speed / pair.pipe.speed),
      unit: '×',
      least: 0.8,
    },
    { what: '  resyncs, all rounds', value: all(pairs, (pair) => pair.agent.resyncs), unit: '' },
    {
      what: '  left out by them, all viewers and rounds',
      value: all(pairs, (pair) => pair.agent.missing) / 1e6,
      unit: 'MB',
    },
  ];
}

/** In one and the same agent, so that its garbage is the same; eight stall, so that each can be seen beside it. */
async function stalledOnes(): Promise<Figure[]> {
  const stalled = 8;
  const server = await whole();
  try {
    await watch(server, { viewers: 10 });
    const pairs: { readonly without: Watched; readonly beside: Watched }[] = [];
    for (let i = 0; i < rounds; i++)
      pairs.push({
        without: await watch(server, { viewers: 10 }),
        beside: await watch(server, { viewers: 10, stalled }),
      });
    return [
      {
        what: `ten viewers beside ${stalled} stalled ones`,
        value: of(pairs, ({ beside, without }) => beside.speed / without.speed),
        unit: '×',
        least: 0.9,
      },
      {
        what: 'memory of the agent for each of these',
        value: of(pairs, ({ beside, without }) => beside.memory - without.memory) / stalled,
        unit: 'MB',
        limit: 4,
      },
    ];
  } finally {
    await server.end();
  }
}

/** Strokes of a waiting server's line, each after the echo of the one before. */
async function strokesOf(url: string, headers: Record<string, string>): Promise<number[]> {
  const viewer = new WebSocket(url, { headers });
  await once(viewer, 'open');
  await wait(1000);
  const took: number[] = [];
  for (let i = 0; i < strokes; i++) {
    const letter = String.fromCharCode(97 + (i % 26));
    const echo = Promise.withResolvers<void>();
    const look = (data: Buffer) => {
      if (data.includes(letter)) echo.resolve();
    };
    viewer.on('message', look);
    const began = performance.now();
    viewer.send(JSON.stringify({ type: 'input', data: letter }));
    await echo.promise;
    took.push(performance.now() - began);
    viewer.off('message', look);
    // As quick as hands are, at changing distances to the batches of the console.
    await wait(10 + (i % 17));
  }
  viewer.close();
  return took;
}

async function keyStrokes(): Promise<Figure[]> {
  const platform = await TestPlatform.start({ from: await warmHome() });
  try {
    const client = await platform.admin();
    const { instance, operation } = await client.ask<{ instance: Instance; operation: Operation }>(
      'POST',
      '/api/instances',
      { ...game, name: 'echo' },
    );
    await client.untilOver(operation.id);
    const url = `${platform.url.replace('http', 'ws')}/api/instances/${instance.id}/console`;
    const took = await strokesOf(url, client.headers);
    return [
      { what: 'key stroke → echo, median', value: quantile(took, 0.5), unit: 'ms' },
      { what: 'key stroke → echo, p99', value: quantile(took, 0.99), unit: 'ms', limit: 15 },
    ];
  } finally {
    await platform.remove();
  }
}

async function reAttach(): Promise<Figure[]> {
  const agent = await runningAgent();
  const known: number[] = [];
  const served: number[] = [];
  try {
    for (let i = 0; i < returns; i++) {
      await agent.kill('SIGKILL');
      const began = performance.now();
      await agent.start();
      const { state, ready } = await agent.status();
      if (state !== 'running' || !ready) throw new Error(`${state}, ready ${ready}`);
      known.push(performance.now() - began);
      const viewer = new WebSocket(socketUrlOf(agent.url, '/console'), {
        headers: headersOf(agent),
      });
      await once(viewer, 'message');
      served.push(performance.now() - began);
      viewer.terminate();
    }
  } finally {
    await agent.end();
  }
  return [
    { what: 'start of an agent → state known, median', value: median(known), unit: 'ms' },
    { what: '  → console served, median', value: median(served), unit: 'ms', limit: 500 },
  ];
}

for (const measure of [
  () => throughput(1),
  () => throughput(many),
  stalledOnes,
  reAttach,
  keyStrokes,
])
  tell(await measure());
