/**
 * Hears what transactions say with `pg_notify`, over one connection for all who listen. The connection
 * comes back by itself; whoever listens is then told that some may have been missed. A connection that died
 * in silence is noticed.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from '@zlh/kernel';
import type { Client } from 'pg';
import type { Database, Notifications, NotificationListener } from './index.ts';

interface Deps {
  readonly database: Pick<Database, 'connect'>;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

const retryMs = 500;
const beatMs = 5000;
const answeredWithinMs = 5000;
const validChannel = /^[a-z_]{1,63}$/;

export class PostgresNotifications implements Notifications {
  readonly #deps: Deps;
  readonly #listeners = new Map<string, Set<NotificationListener>>();
  #client: Client | undefined;
  #connecting: Promise<void> | undefined;
  #beat: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async listen(channel: string, listener: NotificationListener): Promise<() => void> {
    if (!validChannel.test(channel)) throw new TypeError(`"${channel}" is no name of a channel.`);
    const listeners = this.#listeners.get(channel);
    this.#listeners.set(channel, (listeners ?? new Set()).add(listener));
    const stop = () => void this.#listeners.get(channel)?.delete(listener);
    try {
      if (this.#client === undefined) await this.#connect();
      else if (listeners === undefined) await this.#client.query(`listen ${channel}`);
    } catch (error) {
      stop();
      throw error;
    }
    return stop;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#beat);
    await this.#connecting?.catch(() => undefined); // it was told to whoever listened first
    const client = this.#client;
    this.#client = undefined;
    await client?.end();
  }

  /** One attempt at a time; rejects when it fails. */
  #connect(): Promise<void> {
    this.#connecting ??= this.#open().finally(() => (this.#connecting = undefined));
    return this.#connecting;
  }

  async #open(): Promise<void> {
    const client = await this.#deps.database.connect('notifications');
    client.on('error', () => this.#lost(client));
    client.on('end', () => this.#lost(client));
    client.on('notification', ({ channel, payload = '' }) => {
      for (const { heard } of this.#listeners.get(channel) ?? []) this.#tell(() => heard(payload));
    });
    try {
      for (const channel of this.#listeners.keys()) await client.query(`listen ${channel}`);
      this.#deps.signal.throwIfAborted();
    } catch (error) {
      await client.end();
      throw error;
    }
    this.#client = client;
    this.#beat ??= setInterval(() => void this.#assertAlive(), beatMs).unref();
  }

  #lost(client: Client): void {
    if (this.#client !== client || this.#closed) return;
    this.#client = undefined;
    this.#deps.log.warn('the connection for notifications broke; trying again');
    void this.#comeBack();
  }

  async #comeBack(): Promise<void> {
    const { signal, log } = this.#deps;
    while (!this.#closed && !signal.aborted) {
      try {
        if (this.#client === undefined) await this.#connect();
        for (const listeners of this.#listeners.values())
          for (const { missed } of listeners) this.#tell(missed);
        return;
      } catch (error) {
        log.debug({ err: error }, 'notifications cannot be heard yet');
        await wait(retryMs, undefined, { signal }).catch(() => undefined); // the process is stopping
      }
    }
  }

  /** A server that vanished without a word is let go. */
  async #assertAlive(): Promise<void> {
    const client = this.#client;
    if (client === undefined) return;
    // Ended with a query under way, its socket is destroyed, and the loss is heard by its event.
    const late = setTimeout(() => void client.end(), answeredWithinMs).unref();
    await client.query('select 1').catch(() => undefined); // heard by its event, too
    clearTimeout(late);
  }

  #tell(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.#deps.log.error({ err: error }, 'a listener of notifications failed');
    }
  }
}
