/** What may be left of an instance that was deleted: nothing but the audit trail and the operation that removed it. */
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Client } from 'pg';
import { processesOf } from '../../plugins/provider-local/src/processes.ts';

/** Table → how many of its rows mention the instance. */
export async function rowsOf(
  database: string,
  instanceId: string,
): Promise<Record<string, number>> {
  const client = new Client(
    database.startsWith('postgres:')
      ? { connectionString: database }
      : { host: join(database, 'postgres', 'run'), port: 5432, user: 'zlh', database: 'zlh' },
  );
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
    );
    const found: Record<string, number> = {};
    for (const { name } of tables) {
      const { rows } = await client.query<{ count: number }>(
        `select count(*)::int as count from "${name}" t where t::text like $1`,
        [`%${instanceId}%`],
      );
      if (rows[0]!.count > 0) found[name] = rows[0]!.count;
    }
    return found;
  } finally {
    await client.end();
  }
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
