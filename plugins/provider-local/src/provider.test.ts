/** Promises of the local provider: one agent per instance however often it is asked for, and nothing left when it is removed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentObservers, Agents } from '@zlh/agents';
import agents from '@zlh/agents/platform';
import { Database, newId } from '@zlh/database';
import database from '@zlh/database/platform';
import { schemaDifference } from '@zlh/database/testing';
import { Events } from '@zlh/events';
import events from '@zlh/events/platform';
import http from '@zlh/http/platform';
import { Providers, type Placement, type PlacementRequest, type Provider } from '@zlh/instances';
import { definePlugin, homeHolder, type CodedError } from '@zlh/kernel';
import { startTestKernel, type TestKernel, scaled } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import { TinyDisk } from '../../../test/support/tiny-disk.ts';
import providerLocal from './platform.ts';
import { processesOf } from './processes.ts';
import { uidFor } from './users.ts';

const root = await needs.root();
const mounts = await needs.mounts();
const never = new AbortController().signal;
/** Of all platforms of this file, as of one machine. */
const machineFolder = mkdtempSync(join(tmpdir(), 'zlh-machine-'));
let kernel: TestKernel;
let vmid = 5000;

/** Hears whose agent is lost. */
let lost: (instanceId: string) => void = () => undefined;
const observer = definePlugin({
  id: 'test-observer',
  setup: ({ add }) =>
    add(AgentObservers, {
      onStatusChange: async () => undefined,
      onUnreachable: async (_em, instanceId) => lost(instanceId),
    }),
});

const start = (settings: Record<string, unknown> = {}, home?: string) =>
  startTestKernel({
    plugins: [database, http, events, agents, providerLocal, observer],
    config: {
      http: { port: 0 },
      'provider-local': {
        gamePorts: { from: 21_500, to: 21_900 },
        machineFolder,
        ...settings,
      },
    },
    logLevel: 'silent',
    stopTimeoutMs: 120_000,
    ...(home === undefined ? {} : { home }),
  });
test.before(async () => {
  kernel = await start();
});
test.after(async () => {
  await kernel.stop();
  rmSync(machineFolder, { recursive: true });
});

const provider = (of = kernel): Provider => of.points(Providers)[0]!.value;
const folderOf = (id: string, of = kernel) => join(of.home, 'instances', id);
const sql = (query: string, values: unknown[] = []) =>
  kernel.use(Database).fork().execute<unknown[]>(query, values);

async function request(of = kernel): Promise<PlacementRequest> {
  const instanceId = newId();
  await of.use(Database).transaction((em) => of.use(Agents).register(em, instanceId));
  vmid += 1;
  const ports = [
    { name: 'game', protocol: 'tcp' },
    { name: 'query', protocol: 'udp' },
  ] as const;
  return {
    instanceId,
    vmid,
    hostname: `mc-${vmid}`,
    memoryMiB: 512,
    limits: {},
    ports,
    agentToken: of.use(Agents).tokenFor(instanceId),
    platformUrl: await of.use(Agents).address('machine'),
  };
}

const reported = (id: string, of = kernel) =>
  of
    .use(Events)
    .next(
      ({ type, instanceId }) => type === 'agents.reported' && instanceId === id,
      AbortSignal.timeout(scaled(60_000)),
    );

/** Of a place, as the provider knows it. */
const placeOf = ({ details, user }: Placement) => ({
  folder: String(details['folder']),
  uid: user?.uid ?? null,
});

/** As soon as it has taken its folder. */
async function agentOf(folder: string): Promise<number> {
  for (;;) {
    const agent = homeHolder(folder, 'agent');
    if (agent !== undefined) return agent.pid;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const agentsAmong = (pids: readonly number[]) =>
  pids.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes('agent'));

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'it was not refused',
    (error: { code: string }) => error.code,
  );
}

test('asked twice it answers the same place, and no two instances share a port', async () => {
  const wanted = await Promise.all(Array.from({ length: 6 }, () => request()));
  const placements = await Promise.all(
    [...wanted, ...wanted].map((each) => provider().create(each, never)),
  );
  assert.equal(placements.slice(0, 6), placements.slice(6));
  const ports = placements.slice(0, 6).flatMap((each) => each.ports.map(({ port }) => port));
  assert.is(new Set(ports).size, 12);
  for (const { instanceId } of wanted) await provider().remove(instanceId, never);
  assert.equal(await sql('select * from provider_local_port'), []);
});

test('reservations of the machine are counted, and those of other homes apart', async () => {
  const capacity = () => provider().capacity!(kernel.use(Database).fork());
  const before = await capacity();
  assert.ok(before.memoryMiB > 0 && before.diskMiB > 0 && before.ports.total > 0);
  const wanted = await request();
  await provider().create(wanted, never);
  const after = await capacity();
  assert.is(after.ports.given, before.ports.given + wanted.ports.length);
  assert.equal(after.elsewhere, before.elsewhere);
  const change = (homeId: string) =>
    kernel
      .use(Database)
      .fork()
      .execute(
        `update provider_local_place set machine = ? || replace(machine, ?, '') where instance_id = ?`,
        [homeId, 'other ', wanted.instanceId],
      );
  await change('other ');
  assert.equal((await capacity()).elsewhere, [...before.elsewhere, wanted.instanceId]);
  await change('');
  await provider().remove(wanted.instanceId, never);
});

test('a port that another program uses is not given away, and a range without a free one is said', async () => {
  const own = await start({ gamePorts: { from: 21_950, to: 21_951 } });
  const [first, second] = [await request(own), await request(own)];
  await provider(own).create(first, never);
  assert.is(await codeOf(provider(own).create(second, never)), 'PROVIDER_LOCAL_NO_PORT');
  assert.equal(
    await own.use(Database).fork().execute('select instance_id from provider_local_place'),
    [{ instance_id: first.instanceId }],
  );
  await own.stop();
});

test('brought up by many at once there is one agent, which reports; it is removed with everything it started', async () => {
  const wanted = await request();
  const { instanceId } = wanted;
  const folder = folderOf(instanceId);
  const placement = await provider().create(wanted, never);
  const report = reported(instanceId);
  await Promise.all(
    Array.from({ length: 4 }, () => provider().ensureRunning(wanted, placement, never)),
  );
  await report;
  const agent = await agentOf(folder);
  assert.equal(agentsAmong(processesOf(placeOf(placement))), [agent]);
  assert.is(statSync(join(folder, 'agent-token')).mode & 0o777, 0o600);
  const lost = orphan(placement);
  await once(lost, 'spawn');
  closeToEverybody(folder);
  const gone = once(lost, 'exit');
  await provider().remove(instanceId, never);
  await gone;
  assert.equal(processesOf(placeOf(placement)), []);
  assert.not.ok(existsSync(folder));
  assert.equal(await sql('select * from provider_local_place'), []);
  await provider().remove(instanceId, never);
  assert.is(
    await codeOf(provider().ensureRunning(wanted, placement, never)),
    'PROVIDER_LOCAL_NO_PLACE',
  );
  assert.not.ok(existsSync(folder));
});

/** Left by a game: works elsewhere, and has another name. */
function orphan(placement: Placement): ChildProcess {
  const { folder, uid } = placeOf(placement);
  const born = { HOME: join(folder, 'data') };
  return spawn('sleep', ['1000'], {
    cwd: '/',
    detached: true,
    stdio: 'ignore',
    ...(uid === null ? { env: born } : { uid, gid: uid, env: {} }),
  });
}

/** And a link out of it, behind which nothing may be touched. */
function closeToEverybody(folder: string): void {
  const closed = join(folder, 'data', 'a', 'b');
  mkdirSync(closed, { recursive: true });
  writeFileSync(join(closed, 'file'), '');
  symlinkSync('/etc', join(folder, 'data', 'link'));
  chmodSync(closed, 0);
  chmodSync(join(folder, 'data', 'a'), 0);
}

test('an agent that is killed is missed at once, each time, and one that is removed is not', async () => {
  const wanted = await request();
  const { instanceId: id } = wanted;
  const placement = await provider().create(wanted, never);
  const missed: string[] = [];
  for (let time = 1; time <= 2; time++) {
    await provider().ensureRunning(wanted, placement, never);
    const noticed = Promise.withResolvers<void>();
    lost = (instanceId) => {
      missed.push(instanceId);
      noticed.resolve();
    };
    process.kill(await agentOf(folderOf(id)), 'SIGKILL');
    await noticed.promise;
  }
  await provider().ensureRunning(wanted, placement, never);
  await provider().remove(id, never);
  const other = await request();
  const elsewhere = await provider().create(other, never);
  await provider().ensureRunning(other, elsewhere, never);
  const next = Promise.withResolvers<void>();
  lost = (instanceId) => {
    missed.push(instanceId);
    next.resolve();
  };
  process.kill(await agentOf(folderOf(other.instanceId)), 'SIGKILL');
  await next.promise;
  assert.equal(missed, [id, id, other.instanceId], 'the removed one would have come first');
  await provider().remove(other.instanceId, never);
});

function nextLoss(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  lost = () => resolve();
  return promise;
}

/** Takes the agent's place whenever it is free, and says so. */
const racer = `
const { createServer } = require('node:net');
const { symlinkSync, renameSync, unlinkSync } = require('node:fs');
const [run, mine] = process.argv.slice(1);
const socket = run + '/agent.sock';
console.log('racing');
const attempts = [
  () => unlinkSync(socket),
  () => symlinkSync(mine, socket),
  () => renameSync(run, run + '-away'),
];
setInterval(() => {
  for (const attempt of attempts) try { attempt(); console.log('took it'); } catch {}
  const server = createServer().on('error', () => {});
  server.listen(socket, () => console.log('took it'));
}, 1);`;

when(root)(
  'a game that calls itself an agent, and races for its socket, keeps no agent from coming back',
  async () => {
    const [wanted, other] = [await request(), await request()];
    const placement = await provider().create(wanted, never);
    const attacker = (await provider().create(other, never)).user!;
    const folder = folderOf(wanted.instanceId);
    await provider().ensureRunning(wanted, placement, never);
    const first = await agentOf(folder);
    const as = {
      uid: attacker.uid,
      gid: attacker.gid,
      cwd: folder,
      argv0: 'node',
      env: {
        PATH: process.env['PATH'],
        ZLH_HOME: folder,
        ZLH_SHIM: 'x',
        HOME: join(folder, 'data'),
      },
    };
    const liar = spawn('/bin/sh', ['-c', 'echo lying; read word', 'agent', '--home', folder], as);
    const racing = spawn(process.execPath, ['-e', racer, join(folder, 'run'), '/tmp/other'], as);
    const said: string[] = [];
    racing.stdout.on('data', (text: Buffer) => said.push(text.toString()));
    await Promise.all([once(liar.stdout, 'data'), once(racing.stdout, 'data')]);
    for (let time = 1; time <= 2; time++) {
      const noticed = nextLoss();
      process.kill(await agentOf(folder), 'SIGKILL');
      await noticed;
      const report = reported(wanted.instanceId);
      await provider().ensureRunning(wanted, placement, never);
      await report;
    }
    const pids = processesOf(placeOf(placement));
    assert.is.not(await agentOf(folder), first);
    assert.not.ok(pids.includes(liar.pid!) || pids.includes(racing.pid!));
    assert.not.match(said.join(''), 'took it');
    await provider().remove(wanted.instanceId, never);
    assert.is(liar.exitCode ?? liar.signalCode, null, 'nobody takes it for a part of the other');
    const over = Promise.all([once(liar, 'exit'), once(racing, 'exit')]);
    await provider().remove(other.instanceId, never);
    await over;
  },
);

test('removing while it is brought up leaves either everything or nothing', async () => {
  const wanted = await request();
  const placement = await provider().create(wanted, never);
  await Promise.allSettled([
    provider().ensureRunning(wanted, placement, never),
    provider().remove(wanted.instanceId, never),
    provider().ensureRunning(wanted, placement, never),
  ]);
  assert.equal(processesOf(placeOf(placement)), []);
  assert.not.ok(existsSync(folderOf(wanted.instanceId)));
});

test('an agent that the system cannot start is said with the reason, and the next try starts it', async () => {
  const wanted = await request();
  const placement = await provider().create(wanted, never);
  const node = process.execPath;
  const notExecutable = join(machineFolder, 'node');
  writeFileSync(notExecutable, '');
  for (const [path, why] of [
    ['/nowhere/node', 'ENOENT'],
    [notExecutable, 'EACCES'],
  ] as const) {
    process.execPath = path;
    const error = await provider()
      .ensureRunning(wanted, placement, never)
      .catch((reason: CodedError) => reason);
    process.execPath = node;
    assert.is((error as CodedError).code, 'PROVIDER_LOCAL_SPAWN');
    assert.match((error as CodedError).message, why);
  }
  const report = reported(wanted.instanceId);
  await provider().ensureRunning(wanted, placement, never);
  await report;
  await provider().remove(wanted.instanceId, never);
});

test('a token that a crash left half written is written again', async () => {
  const wanted = await request();
  const placement = await provider().create(wanted, never);
  const folder = folderOf(wanted.instanceId);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'agent-token'), 'zla_half', { mode: 0o644 });
  await provider().ensureRunning(wanted, placement, never);
  assert.is(readFileSync(join(folder, 'agent-token'), 'utf8'), `${wanted.agentToken}\n`);
  assert.is(statSync(join(folder, 'agent-token')).mode & 0o777, 0o600);
  await provider().remove(wanted.instanceId, never);
});

test('what lives on another machine is not touched from here', async () => {
  const wanted = await request();
  const placement = await provider().create(wanted, never);
  await sql('update provider_local_place set home = ? where instance_id = ?', [
    '/srv/elsewhere',
    wanted.instanceId,
  ]);
  const work = [
    () => provider().create(wanted, never),
    () => provider().ensureRunning(wanted, placement, never),
    () => provider().remove(wanted.instanceId, never),
  ];
  for (const each of work) assert.is(await codeOf(each()), 'PROVIDER_LOCAL_ELSEWHERE');
  assert.is((await sql('select from provider_local_place')).length, 1);
  await sql('delete from provider_local_place');
});

test('a machine that got another name finds its instances again, those of before homes had an id as well', async () => {
  const home = mkdtempSync(join(tmpdir(), 'zlh-'));
  const first = await start({}, home);
  const wanted = await request(first);
  const placement = await provider(first).create(wanted, never);
  const folder = folderOf(wanted.instanceId, first);
  mkdirSync(folder, { recursive: true });
  for (const table of ['provider_local_place', 'provider_local_port'])
    await first.use(Database).fork().execute(`update ${table} set machine = 'its-old-name'`);
  await first.stop();
  const second = await start({}, home);
  assert.equal(await provider(second).create(wanted, never), placement);
  await provider(second).remove(wanted.instanceId, never);
  assert.not.ok(existsSync(folder));
  await second.stop();
  rmSync(home, { recursive: true });
});

test('a platform that keeps its servers leaves its agents to the next, and one that does not ends them', async () => {
  const home = mkdtempSync(join(tmpdir(), 'zlh-'));
  chmodSync(home, 0o711);
  const first = await start({ keepRunning: true }, home);
  const wanted = await request(first);
  const folder = folderOf(wanted.instanceId, first);
  const placement = await provider(first).create(wanted, never);
  const report = reported(wanted.instanceId, first);
  await provider(first).ensureRunning(wanted, placement, never);
  await report;
  const agent = await agentOf(folder);
  await first.stop();
  const second = await start({}, home);
  await provider(second).ensureRunning(
    { ...wanted, platformUrl: await second.use(Agents).address('machine') },
    placement,
    never,
  );
  assert.is(await agentOf(folder), agent);
  assert.equal(agentsAmong(processesOf(placeOf(placement))), [agent]);
  await second.stop();
  assert.equal(processesOf(placeOf(placement)), []);
  rmSync(home, { recursive: true });
});

when(root)(
  'under root an instance gets a user id of its own, unless it could not reach its folder',
  () => {
    const home = mkdtempSync(join(tmpdir(), 'zlh-way-'));
    const uid = (firstUid: number, shown: boolean) =>
      uidFor(5001, join(home, 'instances', 'x'), { firstUid, shown });
    assert.is(uid(0, true), null);
    assert.is(uid(200_000, false), null);
    assert.is(uid(200_000, true), 205_001, 'a sandbox shows it its folder');
    chmodSync(home, 0o711);
    assert.is(uid(200_000, false), 205_001);
    rmSync(home, { recursive: true });
  },
);

test('platforms with databases of their own give away no port and no user id twice', async () => {
  const ports = {
    gamePorts: { from: 22_200, to: 22_600 },
  };
  const reserved = readdirSync(machineFolder);
  const both = await Promise.all([start(ports), start(ports)]);
  for (const { home } of both) chmodSync(home, 0o711);
  const made = await Promise.all(
    both.flatMap((own) =>
      [7001, 7002, 7003].map(async (number) => {
        const wanted = { ...(await request(own)), vmid: number };
        return { own, wanted, placement: await provider(own).create(wanted, never) };
      }),
    ),
  );
  const given = made.flatMap(({ placement }) => portsOf(placement));
  assert.is(new Set(given).size, 12);
  const users = made.flatMap(({ placement: { user } }) => user?.uid ?? []);
  assert.is(new Set(users).size, users.length);
  if (root.value === true) assert.is(users.length, 6);
  for (const { own, wanted } of made) await provider(own).remove(wanted.instanceId, never);
  assert.equal(readdirSync(machineFolder), reserved, 'nothing stays reserved');
  for (const own of both) await own.stop();
});

const portsOf = ({ ports }: Placement) => ports.map(({ port }) => port);

test('whose ports are in use by now gets others, and an agent comes up all the same', async () => {
  const wanted = await request();
  const before = await provider().create(wanted, never);
  const squatters = await Promise.all(portsOf(before).slice(0, 1).map(listenAt));
  const report = reported(wanted.instanceId);
  const running = await provider().ensureRunning(wanted, before, never);
  await report;
  assert.is(running.agentUrl, before.agentUrl);
  const after = await provider().renumber!(wanted, never);
  assert.is(after.agentUrl, running.agentUrl);
  assert.is.not(after.ports[0]!.port, before.ports[0]!.port);
  assert.is(after.address.port, after.ports[0]!.port);
  assert.equal(after.ports[1], before.ports[1], 'what is free stays');
  assert.equal(await provider().renumber!(wanted, never), after, 'asked again it is the same');
  await provider().remove(wanted.instanceId, never);
  for (const squatter of squatters) squatter.close();
});

when(mounts)(
  'on a full disk nothing new is begun, and an agent that died with a server in its hands comes up',
  async () => {
    const home = mkdtempSync(join(tmpdir(), 'zlh-'));
    chmodSync(home, 0o711);
    const disk = await TinyDisk.mount(join(home, 'instances'), 32);
    const own = await start({}, home);
    try {
      const wanted = await request(own);
      const folder = folderOf(wanted.instanceId, own);
      const placement = await provider(own).create(wanted, never);
      const startAgent = async () => {
        const report = reported(wanted.instanceId, own);
        await provider(own).ensureRunning(wanted, placement, never);
        await report;
        return agentOf(folder);
      };
      const first = await startAgent();
      // As after an installation.
      writeFileSync(
        join(folder, 'state', 'spec.json'),
        JSON.stringify({ instanceId: wanted.instanceId, revision: 1, ports: [], artifacts: [] }),
      );
      await disk.fill();
      const missed = Promise.withResolvers<void>();
      lost = (instanceId) => instanceId === wanted.instanceId && missed.resolve();
      process.kill(first, 'SIGKILL');
      await missed.promise;
      assert.is.not(await startAgent(), first);
      const late = await request(own);
      const place = await provider(own).create(late, never);
      assert.is(
        await codeOf(provider(own).ensureRunning(late, place, never)),
        'PROVIDER_LOCAL_DISK_FULL',
      );
      for (const { instanceId } of [wanted, late]) await provider(own).remove(instanceId, never);
    } finally {
      await own.stop();
      await disk.unmount();
      rmSync(home, { recursive: true });
    }
  },
);

async function listenAt(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

test('the migrations make the schema that the entities describe', async () => {
  assert.is(await schemaDifference(kernel), '');
});

test.run();
