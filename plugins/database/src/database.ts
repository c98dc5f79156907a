/** The `Database` service: opens PostgreSQL (embedded or given), runs work on it, and outlives its going away. */
import { setTimeout as wait } from 'node:timers/promises';
import type { MikroORM } from '@mikro-orm/postgresql';
import { CodedError, type Contribution, type Logger, type MonotonicClock } from '@zlh/kernel';
import { Client, type ClientConfig, type Pool } from 'pg';
import { Availability } from './availability.ts';
import { startCluster, type Cluster } from './cluster.ts';
import { Connections } from './connections.ts';
import { guardPool } from './guarded-pool.ts';
import type { Database, Entities, EntityManager, Migrations } from './index.ts';
import { makeOrm, migrate } from './orm.ts';
import { isRefusal, wrongPassword } from './password.ts';
import { Supervisor } from './supervisor.ts';
import { isUnreachable } from './unreachable.ts';

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
  readonly clock: MonotonicClock;
  readonly log: Logger;
  readonly home: string;
  readonly signal: AbortSignal;
  readonly entities: Values<typeof Entities>;
  readonly migrations: Values<typeof Migrations>;
}

export class PostgresDatabase implements Database {
  readonly #ground: Ground;
  #cluster: Cluster | undefined;
  #supervisor: Supervisor | undefined;
  #availability: Availability | undefined;
  #orm: MikroORM | undefined;
  #pool: Pool | undefined;
  #connection: ClientConfig | undefined;
  #connections: Connections | undefined;

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
    const connections = new Connections(this.#connection);
    const availability = new Availability({
      ...this.#ground,
      connect: () => connections.session(),
      onAway: () => connections.breakAll(),
    });
    this.#orm = await makeOrm({
      connection: { ...this.#connection, application_name: connections.nameOf('pool') },
      entities,
      migrations,
      poolSize: config.poolSize,
      log,
      onPool: (pool) => {
        guardPool(pool, availability);
        connections.adopt(pool);
        this.#pool = pool;
      },
    });
    await migrate(this.#orm, this.#connection, log);
    this.#connections = connections;
    this.#availability = availability;
    availability.begin();
  }

  /** Undefined until it is opened. */
  get pool(): Pool | undefined {
    return this.#pool;
  }

  async close(): Promise<void> {
    try {
      await this.#availability?.end();
      await this.#orm?.close(true);
    } finally {
      this.#orm = undefined;
      await this.#supervisor?.end();
      await this.#cluster?.stop();
      this.#cluster = undefined;
    }
  }

  fork(): EntityManager {
    return opened(this.#orm).em.fork();
  }

  transaction<T>(work: (em: EntityManager) => Promise<T>): Promise<T> {
    return this.fork().transactional(work);
  }

  connect(name: string): Promise<Client> {
    return opened(this.#connections).connect(name);
  }

  /** Null when the schema can be read; otherwise why not. */
  async health(): Promise<string | null> {
    try {
      await this.fork().execute('select name from migration limit 1');
      return null;
    } catch (error) {
      if (isUnreachable(error)) return 'The database does not answer.';
      throw error;
    }
  }

  /** For tests: the statements that would make the schema what the entities say. Empty when they agree. */
  async schemaDifference(): Promise<string> {
    return opened(this.#orm).schema.getUpdateSchemaSQL({ safe: false, dropTables: false });
  }

  async #openEmbedded(): Promise<ClientConfig> {
    const { clock, home, log, config, signal } = this.#ground;
    this.#cluster = await startCluster(home, log, signal);
    this.#supervisor = new Supervisor({ clock, log, server: this.#cluster });
    this.#supervisor.begin();
    const { host, user, password } = this.#cluster;
    const server = { host, port: 5432, user, password };
    const client = new Client({ ...server, database: 'postgres' });
    await client.connect().catch((error: unknown) => {
      throw isRefusal(error) ? wrongPassword(home, error) : error;
    });
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
}

function opened<T>(service: T | undefined): T {
  if (service !== undefined) return service;
  throw new CodedError(
    'DATABASE_CLOSED',
    'The database is not open.',
    'Use it between start and stop of the plugin that needs it.',
  );
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
