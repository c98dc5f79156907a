/** For tests of plugins that keep something: does the schema their migrations make fit their entities? */
import type { TestKernel } from '@zlh/kernel/testing';
import type { PostgresDatabase } from '../database.ts';
import { Database } from '../index.ts';

/** The statements that would make the schema what the entities say; empty when they agree. */
export async function schemaDifference(kernel: TestKernel): Promise<string> {
  const sql = await (kernel.use(Database) as PostgresDatabase).schemaDifference();
  return sql.replace(/^set names 'utf8';/, '').trim();
}
