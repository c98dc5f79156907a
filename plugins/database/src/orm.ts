/** Makes the ORM from what plugins contributed, and brings the schema up to date, one process at a time. */
import { MikroORM } from '@mikro-orm/postgresql';
import { Migration as MikroMigration, Migrator } from '@mikro-orm/migrations';
import { CodedError, type Contribution, type Logger } from '@zlh/kernel';
import type { EntitySchema } from '@mikro-orm/postgresql';
import { Client, type ClientConfig, type Pool } from 'pg';
import { advisoryLocks } from './advisory-locks.ts';
import type { Migration } from './index.ts';

export interface OrmOptions {
  readonly connection: ClientConfig;
  readonly entities: readonly Contribution<readonly EntitySchema[]>[];
  readonly migrations: readonly Contribution<readonly Migration[]>[];
  readonly poolSize: number;
  readonly log: Logger;
  readonly onPool: (pool: Pool) => void;
}

/** Any number; the same in every process of the platform. */
const migrationLock = advisoryLocks.migrations;

export function makeOrm({
  connection,
  entities,
  migrations,
  poolSize,
  log,
  onPool,
}: OrmOptions): Promise<MikroORM> {
  return MikroORM.init({
    // The driver reads addresses in more forms than the ORM does.
    dbName: new Client(connection).database!,
    driverOptions: {
      ...connection,
      keepAlive: true,
      connectionTimeoutMillis: 10_000,
      onPoolCreated: onPool,
    },
    entities: entities.flatMap(({ value }) => [...value]),
    extensions: [Migrator],
    migrations: {
      migrationsList: named(migrations),
      snapshot: false,
      tableName: 'migration',
      silent: true,
    },
    allowGlobalContext: false,
    ensureDatabase: false,
    pool: { min: 1, max: poolSize },
    logger: (message) => log.debug(message),
  });
}

/**
 * Several processes start on one database at the same instant: the first migrates, the others wait for the lock,
 * which PostgreSQL lets go of when its holder dies.
 */
export async function migrate(orm: MikroORM, connection: ClientConfig, log: Logger): Promise<void> {
  const client = new Client(connection);
  client.on('error', (error) =>
    log.warn({ err: error }, 'the connection that holds the migration lock broke'),
  );
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [migrationLock]);
    const done = await orm.migrator.up();
    if (done.length > 0)
      log.info({ migrations: done.map(({ name }) => name) }, 'the database schema is up to date');
  } catch (cause) {
    throw new CodedError(
      'DATABASE_MIGRATION_FAILED',
      `The database schema could not be brought up to date: ${(cause as Error).message}`,
      'Nothing of the failed step was kept. Report it with this message; the version before still works.',
      { cause },
    );
  } finally {
    await client.end();
  }
}

function named(migrations: OrmOptions['migrations']) {
  return migrations.flatMap(({ plugin, value }) =>
    value.map(({ name, up }) => ({
      name: `${plugin}/${name}`,
      class: class extends MikroMigration {
        override up(): void {
          for (const statement of up) this.addSql(statement);
        }
      },
    })),
  );
}
