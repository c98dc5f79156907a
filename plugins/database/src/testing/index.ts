/** For tests of plugins that keep something: their schema, and their database for a second process. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestKernel } from '@zlh/kernel/testing';
import type { PostgresDatabase } from '../database.ts';
import { Database } from '../index.ts';
import { makePassword } from '../password.ts';

/** The statements that would make the schema what the entities say; empty when they agree. */
export async function schemaDifference(kernel: TestKernel): Promise<string> {
  const sql = await (kernel.use(Database) as PostgresDatabase).schemaDifference();
  return sql.replace(/^set names 'utf8';/, '').trim();
}

/**
 * The setting `url` with which another process joins the embedded database of a kernel. Both need the setting
 * `secretKey` to open one vault.
 */
export function addressOf(
  { home }: TestKernel,
  { name = 'zlh', password }: { readonly name?: string; readonly password?: string } = {},
): string {
  const secret = encodeURIComponent(password ?? makePassword(home));
  return `postgresql://zlh:${secret}@localhost/${name}?host=${encodeURIComponent(join(home, 'postgres', 'run'))}`;
}

/** Has the embedded server of a kernel take any password, and none, as one of the host's own might. */
export async function trustEverybody(kernel: TestKernel): Promise<void> {
  writeFileSync(join(kernel.home, 'postgres', 'data', 'pg_hba.conf'), 'local all all trust\n');
  await kernel.use(Database).fork().execute('select pg_reload_conf()');
}
