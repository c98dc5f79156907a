/** For tests of plugins that keep something: their schema, and their database for a second process. */
import { join } from 'node:path';
import type { TestKernel } from '@zlh/kernel/testing';
import type { PostgresDatabase } from '../database.ts';
import { Database } from '../index.ts';

/** The statements that would make the schema what the entities say; empty when they agree. */
export async function schemaDifference(kernel: TestKernel): Promise<string> {
  const sql = await (kernel.use(Database) as PostgresDatabase).schemaDifference();
  return sql.replace(/^set names 'utf8';/, '').trim();
}

/**
 * The setting `url` with which another process joins the embedded database of a kernel. Both need the setting
 * `secretKey` to open one vault.
 */
export function addressOf({ home }: TestKernel, { name = 'zlh', password = '' } = {}): string {
  return `postgresql://zlh:${password}@localhost/${name}?host=${encodeURIComponent(join(home, 'postgres', 'run'))}`;
}
