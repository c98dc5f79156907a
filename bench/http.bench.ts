/**
 * CPU per request of a route through the kernel's `http` plugin, over the same route on bare Fastify. Each server
 * is a process of its own. Many short rounds alternate between them, and the quickest tenth of each side is
 * compared: what else the machine does can only make a round dearer. What must hold: at most 1.10.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { tell } from './figures.ts';

const connections = 16;
const requestsPerRound = 960;
const rounds = 140;
const warmUp = 20;

interface Server {
  readonly name: string;
  readonly child: ChildProcess;
  readonly sockets: readonly Socket[];
}

async function open(name: string): Promise<Server> {
  const child = fork(new URL('http-servers.ts', import.meta.url), [name], {
    execArgv: process.execArgv,
  });
  const [port] = (await once(child, 'message')) as [number];
  const sockets = await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect(port, '127.0.0.1').setNoDelay(true);
      await once(socket, 'connect');
      return socket;
    }),
  );
  return { name, child, sockets };
}

async function cpuMicroseconds({ child }: Server): Promise<number> {
  child.send('usage');
  const [usage] = (await once(child, 'message')) as [NodeJS.CpuUsage];
  return usage.user + usage.system;
}

/** Sends one request after the other; answers are of one length, learnt from the first. */
async function load(socket: Socket, requests: number): Promise<void> {
  const request =
    'GET /api/things/0198a2b4-0000-7000-8000-000000000000 HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n';
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let length = 0;
  let got = 0;
  let done = 0;
  const onData = (chunk: Buffer) => {
    if (length === 0) {
      const text = chunk.toString('latin1');
      if (!text.startsWith('HTTP/1.1 200'))
        return reject(new Error(`unexpected answer: ${text.slice(0, 200)}`));
      length = text.indexOf('\r\n\r\n') + 4 + Number(/content-length: (\d+)/i.exec(text)![1]);
    }
    got += chunk.length;
    if (got < length) return;
    got = 0;
    if (++done === requests) resolve();
    else socket.write(request);
  };
  socket.on('data', onData).once('error', reject);
  socket.write(request);
  await promise;
  socket.off('data', onData).off('error', reject);
}

async function round(server: Server): Promise<number> {
  const before = await cpuMicroseconds(server);
  const each = Math.ceil(requestsPerRound / connections);
  await Promise.all(server.sockets.map((socket) => load(socket, each)));
  return ((await cpuMicroseconds(server)) - before) / (each * connections);
}

/** The tenth part of the rounds that were quickest, of which this is the slowest. */
const quickest = (numbers: readonly number[]) =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 10)]!;

const servers = [await open('bare'), await open('kernel')];
const taken = new Map(servers.map((server) => [server, [] as number[]]));
for (let i = 0; i < rounds + warmUp; i++) {
  // Whoever goes first changes from round to round.
  for (const server of i % 2 === 0 ? servers : servers.toReversed()) {
    const figure = await round(server);
    if (i >= warmUp) taken.get(server)!.push(figure);
  }
}
for (const { child, sockets } of servers) {
  for (const socket of sockets) socket.destroy();
  child.disconnect();
}
const [bare, kernel] = servers.map((server) => quickest(taken.get(server)!)) as [number, number];
const ratio = kernel / bare;
tell([{ what: 'CPU per request, over bare Fastify', value: ratio, unit: '×', limit: 1.1 }]);
console.log(
  `http: CPU per request ${kernel.toFixed(1)} µs, bare Fastify ${bare.toFixed(1)} µs, ratio ${ratio.toFixed(3)}`,
);
