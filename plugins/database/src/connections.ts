/**
 * The connections of this process, so that those that hang on a server that is away can be broken: a query on one would wait
 * for as long as the system waits for the other end, which is a quarter of an hour.
 */
import { randomBytes } from 'node:crypto';
import { Client, type ClientConfig, type Pool } from 'pg';
import type { Session } from './availability.ts';
import { translated } from './unreachable.ts';

const connectWithinMs = 10_000;

/** The part of the driver's client that its types leave out. */
interface Wired {
  readonly connection: { readonly stream: { destroy(): void } };
}

export class Connections {
  readonly #config: ClientConfig;
  readonly #open = new Set<object>();
  /** Of this process: by it another one can find, and end, all connections of one that stands still. */
  readonly #tag = randomBytes(6).toString('hex');

  constructor(config: ClientConfig) {
    this.#config = config;
  }

  /** Its `application_name`: `zlh <tag> <name>`. */
  nameOf(name: string): string {
    return `zlh ${this.#tag} ${name}`;
  }

  /** One outside of any pool. */
  async connect(name: string): Promise<Client> {
    // A server that vanished without a word is noticed by the keep-alive.
    const client = new Client({
      ...this.#config,
      application_name: this.nameOf(name),
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      connectionTimeoutMillis: connectWithinMs,
    });
    try {
      await client.connect();
    } catch (error) {
      throw translated(error);
    }
    this.#open.add(client);
    client.once('end', () => this.#open.delete(client));
    return client;
  }

  adopt(pool: Pool): void {
    pool.on('connect', (client) => this.#open.add(client));
    pool.on('remove', (client) => this.#open.delete(client));
  }

  /** What waits for an answer on any of them is rejected. */
  breakAll(): void {
    for (const client of this.#open) (client as Wired).connection.stream.destroy();
  }

  async session(): Promise<Session> {
    const client = await this.connect('availability');
    client.on('error', () => undefined); // told by its end
    return {
      async ping() {
        await client.query('select 1');
      },
      onEnd: (ended) => void client.once('end', ended),
      destroy: () => (client as unknown as Wired).connection.stream.destroy(),
    };
  }
}
