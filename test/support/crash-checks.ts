/**
 * What must hold on a machine whatever was killed on it: one game at most for each instance, and processes, folders,
 * ports, rows and the state shown all tell of the same instances.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { isAgentOf, processesOf } from './processes.ts';
import type { ApiClient, Instance } from './client.ts';
import { scaled } from '@zlh/kernel/testing';
import { answers, embeddedServer, folderOf } from './leftovers.ts';

/** How long the machine may take to agree with itself again once operations are over. */
const settlesWithinMs = scaled(20_000);

export function agentOf(home: string, id: string): number | undefined {
  const folder = folderOf(home, id);
  return processesOf(folder).find((pid) => isAgentOf(pid, folder));
}

/** Games work in the data folder of their instance. */
export function gamesOf(home: string, id: string): number[] {
  const folder = folderOf(home, id);
  return processesOf(folder).filter((pid) => workingFolder(pid) === join(folder, 'data'));
}

function workingFolder(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined; // it ended meanwhile
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return 'gone';
  }
}

export function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Throws what does not agree, unless it comes to agree within seconds; a second game at once. */
export async function untilConsistent(home: string, client: ApiClient): Promise<void> {
  const deadline = performance.now() + settlesWithinMs;
  for (;;) {
    const found = await disagreements(home, client);
    if (found.length === 0) return;
    if (performance.now() > deadline) throw new Error(found.join('\n'));
    await wait(100); // processes are looked at, and they tell no events
  }
}

async function disagreements(home: string, client: ApiClient): Promise<string[]> {
  const { items } = await client.ask<{ items: Instance[] }>('GET', '/api/instances?limit=100');
  const ids = items.map(({ id }) => id).sort();
  const { places, ports } = await placesAndPorts(home);
  const root = join(home, 'instances');
  const folders = existsSync(root) ? readdirSync(root).sort() : [];
  const found: string[] = [];
  if (folders.join() !== ids.join())
    found.push(`folders ${folders.join()}, instances ${ids.join()}`);
  if (places.join() !== ids.join()) found.push(`places ${places.join()}, instances ${ids.join()}`);
  if (ports.length !== ids.length || ports.some((id) => !ids.includes(id)))
    found.push(`ports of ${ports.join()}, instances ${ids.join()}`);
  for (const pid of processesOf(root))
    if (!ids.some((id) => processesOf(folderOf(home, id)).includes(pid)))
      found.push(`process ${pid} belongs to no instance: ${commandOf(pid)}`);
  for (const instance of items) found.push(...(await disagreementsOf(home, instance)));
  return found;
}

async function disagreementsOf(home: string, instance: Instance): Promise<string[]> {
  const { id, observed, desired, ready, address } = instance;
  const folder = folderOf(home, id);
  const games = gamesOf(home, id);
  if (games.length > 1)
    throw new Error(
      `a second game of ${id}: ${games.map((pid) => `${pid} ${commandOf(pid)}`).join('; ')}`,
    );
  const agents = processesOf(folder).filter((pid) => isAgentOf(pid, folder));
  const runs = games.length === 1;
  const open = address !== null && (await answers(address.port));
  const found: string[] = [];
  if (agents.length !== 1) found.push(`${id} has ${agents.length} agents`);
  if (observed !== desired) found.push(`${id} is ${observed}, and was to be ${desired}`);
  if (runs !== (observed === 'running') || runs !== ready || open !== ready)
    found.push(
      `${id} is ${observed}, ready ${ready}; its games: ${games.length}, port open: ${open}`,
    );
  return found;
}

/** Instances by their places, and the instance of each port. */
async function placesAndPorts(home: string): Promise<{ places: string[]; ports: string[] }> {
  const database = new Client(embeddedServer(home));
  await database.connect();
  try {
    const ask = async (table: string) =>
      (
        await database.query<{ id: string }>(
          `select instance_id::text as id from ${table} order by instance_id`,
        )
      ).rows.map(({ id }) => id);
    return {
      places: await ask('provider_local_place'),
      ports: await ask('provider_local_port'),
    };
  } finally {
    await database.end();
  }
}
