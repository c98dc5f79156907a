/** What may be left of an instance that was deleted: nothing but the audit trail and the operation that removed it. */
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Client, type ClientConfig } from 'pg';
import { processesOf } from './processes.ts';

/** How to reach the database that lies in a home. */
export function embeddedServer(home: string): ClientConfig {
  const password = readFileSync(join(home, 'postgres.password'), 'utf8').trim();
  return {
    host: join(home, 'postgres', 'run'),
    port: 5432,
    user: 'zlh',
    password,
    database: 'zlh',
  };
}

/** The rows of one statement, asked of a database by its `DATABASE_URL` or by the home that holds it. */
export async function query<Row extends object>(
  database: string,
  statement: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new Client(
    database.startsWith('postgres:') ? { connectionString: database } : embeddedServer(database),
  );
  await client.connect();
  try {
    return (await client.query<Row>(statement, [...values])).rows;
  } finally {
    await client.end();
  }
}

export async function tablesOf(database: string): Promise<string[]> {
  const tables = await query<{ name: string }>(
    database,
    `select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
  );
  return tables.map(({ name }) => name);
}

/** Table → how many of its rows hold the text, in whichever column. */
export async function rowsOf(database: string, text: string): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const name of await tablesOf(database)) {
    const [row] = await query<{ count: number }>(
      database,
      `select count(*)::int as count from "${name}" t where strpos(t::text, $1) > 0`,
      [text],
    );
    if (row!.count > 0) found[name] = row!.count;
  }
  return found;
}

export function folderOf(home: string, instanceId: string): string {
  return join(home, 'instances', instanceId);
}

export function remains(
  home: string,
  instanceId: string,
): { folder: boolean; processes: number[] } {
  const folder = folderOf(home, instanceId);
  return { folder: existsSync(folder), processes: processesOf(folder) };
}

export function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
