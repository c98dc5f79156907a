/**
 * Files through platform and agent, over the same with bare parts on the same disk.
 *
 * A large file is downloaded and uploaded by curl, in turns with a bare file server of Node that flushes
 * what it takes, too. The quickest round of each is compared, for other work can only make one slower.
 * The memory of platform and agent is read meanwhile. A folder of 50,000 entries is listed in pages, in
 * turns with a bare readdir and the stat of as many entries.
 *
 * Limits: half of the bare server's speed both ways, by PUT and in resumable parts; 64 MB more memory; three
 * times the bare page.
 */
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Accepted, ApiClient } from '../test/support/client.ts';
import { folderOf } from '../test/support/leftovers.ts';
import { TestPlatform } from '../test/support/platform.ts';
import { TusUpload } from '../test/support/tus.ts';
import { game, warmHome } from '../test/support/warm-home.ts';
import { memoryOf, pidsOf, quantile, tell } from './figures.ts';

const rounds = 3;
const MiB = 2 ** 20;
const size = 256 * MiB;
const entries = 50_000;
const octets = 'content-type: application/offset+octet-stream';

/** The names of the whole folder, sorted, and the stat of one page of them. */
async function barePage(path: string, page: number): Promise<number> {
  const began = performance.now();
  const names = (await readdir(path)).sort().slice(page * 1000, (page + 1) * 1000);
  await Promise.all(names.map((name) => stat(join(path, name))));
  return performance.now() - began;
}

async function curl(...args: readonly string[]): Promise<number> {
  const timed = ['-sS', '--fail', '-o', '/dev/null', '-w', '%{time_total}', ...args];
  const { stdout } = await promisify(execFile)('curl', timed);
  return size / MiB / Number(stdout);
}

const headersOf = (client: ApiClient) =>
  Object.entries(client.headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);

/** Runs the work and answers how much more the processes held at most, in MB. */
async function growth(pids: readonly number[], work: () => Promise<void>): Promise<number> {
  const held = () => pids.reduce((sum, pid) => sum + memoryOf(pid).own, 0);
  const before = held();
  let most = before;
  const looking = setInterval(() => (most = Math.max(most, held())), 100);
  await work();
  clearInterval(looking);
  return most - before;
}

const folder = await mkdtemp(join(tmpdir(), 'zlh-bench-files-'));
const source = join(folder, 'source');
{
  await using file = await open(source, 'w');
  for (let at = 0; at < size; at += MiB) await file.write(Buffer.alloc(MiB, at / MiB));
}
const bare = fork(new URL('static-server.ts', import.meta.url), [folder], {
  execArgv: process.execArgv,
});
const [port] = (await once(bare, 'message')) as [number];
const platform = await TestPlatform.make({
  from: await warmHome(),
  env: { ZLH_HTTP_RATE_LIMITS: 'false' },
});
try {
  await platform.start();
  const client = await platform.admin();
  const made = await client.ask<Accepted>('POST', '/api/instances', { ...game, name: 'Files' });
  await client.untilOver(made.operation.id);
  const api = `/api/instances/${made.instance.id}`;
  await client.untilOver((await client.ask<Accepted>('POST', `${api}/stop`)).operation.id);
  const [agent] = pidsOf('zlh.js', 'agent').filter((pid) =>
    readFileSync(`/proc/${pid}/environ`, 'utf8').includes(platform.home),
  );
  const pids = [platform.pid, agent!];
  const data = join(folderOf(platform.home, made.instance.id), 'data');

  const content = `${platform.url}${api}/files/content?path=large`;
  const ways = {
    'PUT, bare': () => curl('-T', source, `http://127.0.0.1:${port}/taken`),
    PUT: () => curl('-T', source, ...headersOf(client), content),
    'tus, through both': async () => {
      const upload = await TusUpload.begin(
        client,
        made.instance.id,
        { length: size },
        { path: 'tus', overwrite: 'true' },
      );
      const headers = ['tus-resumable: 1.0.0', 'upload-offset: 0', octets];
      return curl(
        ...headers.flatMap((header) => ['-H', header]),
        ...headersOf(client),
        '-X',
        'PATCH',
        '-T',
        source,
        platform.url + upload.location,
      );
    },
    'GET, bare': () => curl(`http://127.0.0.1:${port}/source`),
    GET: () => curl(...headersOf(client), content),
  };
  const speeds = new Map<string, number>();
  const round = async () => {
    for (const [way, run] of Object.entries(ways))
      speeds.set(way, Math.max(speeds.get(way) ?? 0, await run()));
  };
  await round(); // the first one warms up
  speeds.clear();
  const more = await growth(pids, async () => {
    for (let at = 0; at < rounds; at++) await round();
  });

  await mkdir(join(data, 'many'));
  for (let at = 0; at < entries; at++) await writeFile(join(data, 'many', `entry-${at}`), '');
  const times: number[] = [];
  const bareTimes: number[] = [];
  let cursor: string | null = null;
  do {
    const query = `path=many&limit=1000${cursor === null ? '' : `&cursor=${cursor}`}`;
    const began = performance.now();
    const page: { nextCursor: string | null } = await client.ask('GET', `${api}/files?${query}`);
    times.push(performance.now() - began);
    bareTimes.push(await barePage(join(data, 'many'), bareTimes.length));
    cursor = page.nextCursor;
  } while (cursor !== null);

  const of = (way: keyof typeof ways) => speeds.get(way)!;
  tell([
    { what: 'download from the bare server', value: of('GET, bare'), unit: 'MB/s' },
    { what: 'download through platform and agent', value: of('GET'), unit: 'MB/s' },
    {
      what: 'download, over the bare server',
      value: of('GET') / of('GET, bare'),
      unit: '×',
      least: 0.5,
    },
    { what: 'upload to the bare server', value: of('PUT, bare'), unit: 'MB/s' },
    { what: 'upload through platform and agent', value: of('PUT'), unit: 'MB/s' },
    {
      what: 'upload, over the bare server',
      value: of('PUT') / of('PUT, bare'),
      unit: '×',
      least: 0.5,
    },
    {
      what: 'resumable upload, over the bare server',
      value: of('tus, through both') / of('PUT, bare'),
      unit: '×',
      least: 0.5,
    },
    { what: 'memory of platform and agent, growth at most', value: more, unit: 'MB', limit: 64 },
    {
      what: `page of 1,000 of ${entries} entries, median`,
      value: quantile(times, 0.5),
      unit: 'ms',
    },
    {
      what: '  over a bare readdir and stat of the page',
      value: quantile(times, 0.5) / quantile(bareTimes, 0.5),
      unit: '×',
      limit: 3,
    },
    { what: `page of 1,000 of ${entries} entries, slowest`, value: Math.max(...times), unit: 'ms' },
  ]);
} finally {
  await platform.remove();
  bare.kill();
  await rm(folder, { recursive: true, force: true });
}
