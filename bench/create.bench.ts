/**
 * How much longer a server takes that the platform makes, from `POST /api/instances` until it is ready, than the same
 * server started by hand: the same command and environment in a fresh folder, until it answers a status ping. Both
 * take turns; artifacts are in the store and unpacked by a server before. Also what an agent and its shim hold in
 * memory while the last game runs: those before it have filled the compile cache.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ApiClient, Instance, Operation } from '../test/support/client.ts';
import { TestPlatform } from '../test/support/platform.ts';
import { game, warmHome } from '../test/support/warm-home.ts';
import { median, memoryOf, pidsOf, tell } from './figures.ts';

const rounds = 5;
const restMs = 5000;
const handPort = 26_900;

interface Command {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly folder: string;
}

/** A status request of protocol "any", answered by at least one byte. */
function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(Buffer.from([7, 0, 1, 1, 0x61, port >> 8, port & 255, 1, 1, 0]));
    });
    socket.setTimeout(3000, () => socket.destroy());
    socket.once('data', () => {
      resolve(true);
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}

/** What the shim of the instance runs. */
async function commandOf(home: string, { id }: Instance): Promise<Command> {
  for (const pid of pidsOf('server.js', '--version')) {
    const folder = await readlink(`/proc/${pid}/cwd`);
    if (!folder.startsWith(join(home, 'instances', id))) continue;
    const lines = async (name: string) =>
      (await readFile(`/proc/${pid}/${name}`, 'utf8')).split('\0').slice(0, -1);
    const env = (await lines('environ')).map((line) => line.split(/=(.*)/s, 2));
    return { args: await lines('cmdline'), env: Object.fromEntries(env), folder };
  }
  throw new Error('the game of the instance is not among the processes');
}

async function startByHand({ args, env }: Command): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'zlh-by-hand-'));
  await writeFile(join(folder, 'eula.txt'), 'eula=true\n');
  await writeFile(join(folder, 'server.properties'), `server-ip=\nserver-port=${handPort}\n`);
  const began = performance.now();
  const child = spawn(args[0]!, args.slice(1), { cwd: folder, env, stdio: 'ignore' });
  const ended = once(child, 'exit');
  try {
    while (!(await answersPing(handPort))) {
      if (child.exitCode !== null) throw new Error('the server started by hand ended');
      await wait(10);
    }
    return performance.now() - began;
  } finally {
    child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  }
}

interface Made {
  readonly instance: Instance;
  readonly operation: Operation & Timed;
  readonly ms: number;
}

interface Timed {
  readonly phases: readonly {
    readonly name: string;
    readonly startedAt: string;
    readonly finishedAt: string;
  }[];
}

async function create(client: ApiClient, name: string): Promise<Made> {
  const began = performance.now();
  const { instance, operation } = await client.ask<{ instance: Instance; operation: Operation }>(
    'POST',
    '/api/instances',
    { ...game, name },
  );
  await client.until(
    () => client.instance(instance.id),
    ({ ready }) => ready,
  );
  const ms = performance.now() - began;
  const over = (await client.untilOver(operation.id)) as Operation & Timed;
  if (over.state !== 'succeeded') throw new Error(JSON.stringify(over.error));
  return { instance, operation: over, ms };
}

async function remove(client: ApiClient, { id }: Instance): Promise<void> {
  const { operation } = await client.ask<{ operation: Operation }>(
    'DELETE',
    `/api/instances/${id}`,
  );
  await client.untilOver(operation.id);
}

const platform = await TestPlatform.start({ from: await warmHome() });
try {
  const client = await platform.admin();
  const { instance: first } = await create(client, 'first');
  const command = await commandOf(platform.home, first);
  await remove(client, first);

  const byPlatform: number[] = [];
  const byHand: number[] = [];
  const phases = new Map<string, number[]>();
  for (let i = 0; i < rounds; i++) {
    byHand.push(await startByHand(command));
    const { instance, operation, ms } = await create(client, `server ${i}`);
    byPlatform.push(ms);
    for (const { name, startedAt, finishedAt } of operation.phases) {
      const took = Date.parse(finishedAt) - Date.parse(startedAt);
      phases.set(name, [...(phases.get(name) ?? []), took]);
    }
    await remove(client, instance);
  }
  const { instance: last } = await create(client, 'last');
  await wait(restMs);
  const folder = join(platform.home, 'instances', last.id);
  const [agent] = pidsOf('zlh.js', 'agent', folder).map(memoryOf);
  const [shim] = pidsOf('shim/main')
    .filter((pid) => readlinkSync(`/proc/${pid}/cwd`).startsWith(folder))
    .map(memoryOf);
  // Both took turns, so that each pair had the same machine.
  const times = byPlatform.map((ms, round) => ms / byHand[round]!);
  tell([
    { what: 'create → ready, median', value: median(byPlatform), unit: 'ms' },
    ...[...phases].map(
      ([name, took]) => ({ what: `  phase ${name}`, value: median(took), unit: 'ms' }) as const,
    ),
    { what: 'the same server by hand, median', value: median(byHand), unit: 'ms' },
    { what: 'create → ready, over by hand', value: median(times), unit: '×', limit: 2 },
    { what: 'agent at rest, proportional', value: agent?.pss ?? Number.NaN, unit: 'MB', limit: 70 },
    { what: 'shim, proportional', value: shim?.pss ?? Number.NaN, unit: 'MB', limit: 25 },
  ]);
} finally {
  await platform.remove();
}
