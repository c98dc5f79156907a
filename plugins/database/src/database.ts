/** The `Database` service: opens PostgreSQL (embedded or given), and runs work on it. */
import { setTimeout as wait } from 'node:timers/promises';
import type { MikroORM } from '@mikro-orm/postgresql';
import { CodedError, type Contribution, type Logger } from '@zlh/kernel';
import { Client, type ClientConfig, type Pool } from 'pg';
import { startCluster, type Cluster } from './cluster.ts';
import type { Database, Entities, EntityManager, Migrations } from './index.ts';
import { makeOrm, migrate } from './orm.ts';

type Values<P> = P extends { accepts?: (value: infer T) => void }
  ? readonly Contribution<T>[]
  : never;

export interface DatabaseSettings {
  readonly url?: string;
  readonly name: string;
  readonly poolSize: number;
}

/** SQLSTATE `cannot_connect_now` */
const startingUp = '57P03';

interface Ground {
  readonly config: DatabaseSettings;
  readonly log: Logger;
  readonly home: string;
  readonly signal: AbortSignal;
  readonly entities: Values<typeof Entities>;
  readonly migrations: Values<typeof Migrations>;
}

export class PostgresDatabase implements Database {
  readonly #ground: Ground;
  #cluster: Cluster | undefined;
  #orm: MikroORM | undefined;
  #pool: Pool | undefined;
  #connection: ClientConfig | undefined;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  /** The address of a server of the host's own, or undefined when the embedded one is used. */
  get url(): string | undefined {
    return this.#ground.config.url ?? process.env['DATABASE_URL'];
  }

  /** Of that server, empty when it wants none; undefined for the embedded one. */
  get password(): string | undefined {
    if (this.url === undefined) return undefined;
    return new Client({ connectionString: this.url }).password ?? '';
  }

  async open(): Promise<void> {
    const { config, log, entities, migrations } = this.#ground;
    this.#connection =
      this.url === undefined ? await this.#openEmbedded() : { connectionString: this.url };
    await this.#ping();
    this.#orm = await makeOrm({
      connection: this.#connection,
      entities,
      migrations,
      poolSize: config.poolSize,
      log,
      onPool: (pool) => (this.#pool = pool),
    });
    await migrate(this.#orm, this.#connection, log);
  }

  /** Undefined until it is opened. */
  get pool(): Pool | undefined {
    return this.#pool;
  }

  async close(): Promise<void> {
    try {
      await this.#orm?.close(true);
    } finally {
      this.#orm = undefined;
      await this.#cluster?.stop();
      this.#cluster = undefined;
    }
  }

  fork(): EntityManager {
    return this.#opened().em.fork();
  }

  transaction<T>(work: (em: EntityManager) => Promise<T>): Promise<T> {
    return this.fork().transactional(work);
  }

  async connect(name: string): Promise<Client> {
    // A server that vanished without a word is noticed by the keep-alive.
    const client = new Client({
      ...this.#connection,
      application_name: `zlh ${name}`,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      connectionTimeoutMillis: 10_000,
    });
    await client.connect();
    return client;
  }

  /** For tests: the statements that would make the schema what the entities say. Empty when they agree. */
  async schemaDifference(): Promise<string> {
    return this.#opened().schema.getUpdateSchemaSQL({ safe: false, dropTables: false });
  }

  async #openEmbedded(): Promise<ClientConfig> {
    const { home, log, config, signal } = this.#ground;
    this.#cluster = await startCluster(home, log, signal);
    const server = { host: this.#cluster.host, port: 5432, user: this.#cluster.user };
    const client = new Client({ ...server, database: 'postgres' });
    await client.connect();
    try {
      const { rowCount } = await client.query('select from pg_database where datname = $1', [
        config.name,
      ]);
      if (rowCount === 0) await client.query(`create database "${config.name}"`);
    } finally {
      await client.end();
    }
    return { ...server, database: config.name };
  }

  /** A server that cannot be reached is said plainly, before the ORM wraps it. One that is just starting is waited for. */
  async #ping(): Promise<void> {
    for (;;) {
      try {
        return await ping({ ...this.#connection, connectionTimeoutMillis: 10_000 });
      } catch (cause) {
        const { message, code } = cause as Error & { code?: string };
        if (code === startingUp) await wait(200, undefined, { signal: this.#ground.signal });
        else
          throw new CodedError(
            'DATABASE_UNREACHABLE',
            `The PostgreSQL server cannot be used: ${(message || code || 'no answer').replace(/\.$/, '')}.`,
            this.url === undefined
              ? `Its log is in ${this.#ground.home}/postgres/data/log.`
              : 'Check DATABASE_URL: host, port, database, user and password.',
            { cause },
          );
      }
    }
  }

  #opened(): MikroORM {
    if (this.#orm !== undefined) return this.#orm;
    throw new CodedError(
      'DATABASE_CLOSED',
      'The database is not open.',
      'Use it between start and stop of the plugin that needs it.',
    );
  }
}

async function ping(connection: ClientConfig): Promise<void> {
  const client = new Client(connection);
  client.on('error', () => undefined); // said by the query
  try {
    await client.connect();
    await client.query('select 1');
  } finally {
    await client.end();
  }
}
