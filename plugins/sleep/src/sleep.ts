/**
 * Puts servers to sleep that nobody plays on, and wakes them for a player. Guarantees: a server is woken
 * once, however many join; one that somebody started or stopped meanwhile is left to that person.
 */
import type { Accounts } from '@zlh/accounts';
import type { Database, EntityManager } from '@zlh/database';
import { Problem } from '@zlh/http';
import type { Instances } from '@zlh/instances';
import type { Logger } from '@zlh/kernel';
import type { Waker } from '@zlh/routing';
import type { EmptyServers } from './empty-servers.ts';
import type { SleepSettings, SleepView } from './view.ts';

interface Deps {
  readonly database: Database;
  readonly accounts: Accounts;
  readonly instances: Instances;
  readonly emptyServers: EmptyServers;
  readonly log: Logger;
}

interface Row {
  readonly instance_id: string;
  readonly after_minutes: number;
  readonly wake_by: SleepSettings['wakeBy'];
  readonly asleep_since: Date | string | null;
  readonly is_waking: boolean;
}

const checkIntervalMs = 5_000;
/** A start that has not begun by then has failed, and the next player tries again. */
const selectRows = `select *, coalesce(woken_at > now() - interval '1 minute', false) as is_waking from sleep_instance`;

export class Sleep implements Waker {
  readonly #deps: Deps;
  #timer: NodeJS.Timeout | undefined;
  #checking: Promise<void> | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  begin(): void {
    this.#timer = setInterval(() => {
      this.#checking ??= this.check()
        .catch((err: unknown) =>
          this.#deps.log.warn({ err }, 'Empty servers could not be looked for.'),
        )
        .finally(() => (this.#checking = undefined));
    }, checkIntervalMs);
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#checking;
  }

  async view(em: EntityManager, instanceId: string): Promise<SleepView> {
    const [row] = await rowsOf(em, [instanceId]);
    const since = row?.asleep_since ?? null;
    return {
      afterMinutes: row?.after_minutes ?? null,
      wakeBy: row?.wake_by ?? 'everyone',
      asleepSince: since === null ? null : new Date(since).toISOString(),
    };
  }

  /** A server that sleeps stays asleep; with `afterMinutes: null` nobody but its people start it. */
  async set(em: EntityManager, instanceId: string, wanted: SleepSettings): Promise<void> {
    if (wanted.afterMinutes === null) {
      await this.forget(em, instanceId);
      return;
    }
    await em.execute(
      `insert into sleep_instance (instance_id, after_minutes, wake_by) values (?, ?, ?)
       on conflict (instance_id) do update set after_minutes = excluded.after_minutes, wake_by = excluded.wake_by`,
      [instanceId, wanted.afterMinutes, wanted.wakeBy],
    );
  }

  async forget(em: EntityManager, instanceId: string): Promise<void> {
    await em.execute('delete from sleep_instance where instance_id = ?', [instanceId]);
    this.#deps.emptyServers.forget(instanceId);
  }

  /** Somebody started it: a later stop is no sleep. */
  async started(em: EntityManager, instanceId: string): Promise<void> {
    await em.execute(
      'update sleep_instance set asleep_since = null, woken_at = null where instance_id = ? and asleep_since is not null',
      [instanceId],
    );
  }

  async asleep(): Promise<ReadonlySet<string>> {
    const rows = await this.#deps.database
      .fork()
      .execute<{ instance_id: string }[]>(
        'select instance_id from sleep_instance where asleep_since is not null',
      );
    return new Set(rows.map(({ instance_id: id }) => id));
  }

  /** Puts every server to sleep that has been empty for long enough. */
  async check(): Promise<void> {
    const { database, emptyServers } = this.#deps;
    const empty = emptyServers.minutes();
    if (empty.size === 0) return;
    for (const row of await rowsOf(database.fork(), [...empty.keys()])) {
      if (row.asleep_since !== null || empty.get(row.instance_id)! < row.after_minutes) continue;
      emptyServers.forget(row.instance_id);
      await this.#change(row.instance_id, 'stop', 'asleep when empty');
    }
  }

  async wake(instanceId: string): Promise<boolean> {
    return this.#change(instanceId, 'start', 'a player who joined');
  }

  /** False when it is refused; true also when there is nothing left to do. */
  async #change(instanceId: string, action: 'start' | 'stop', by: string): Promise<boolean> {
    const { database, accounts, instances, log } = this.#deps;
    const owner = (await instances.findSummary(database.fork(), instanceId))?.ownerId;
    const identity = owner === undefined ? null : await accounts.actingFor(owner, by);
    if (identity === null) return false;
    try {
      return await database.transaction(async (em) => {
        const [row] = await em.execute<Row[]>(`${selectRows} where instance_id = ? for update`, [
          instanceId,
        ]);
        if (row === undefined || (action === 'start' && row.wake_by === 'nobody')) return false;
        if ((row.asleep_since !== null) !== (action === 'start') || row.is_waking) return true;
        await instances.begin(em, instanceId, action, identity);
        const noted =
          action === 'stop' ? 'asleep_since = now(), woken_at = null' : 'woken_at = now()';
        await em.execute(`update sleep_instance set ${noted} where instance_id = ?`, [instanceId]);
        return true;
      });
    } catch (error) {
      // An operation in the way, a full host, a hold: the next occasion tries again.
      if (!(error instanceof Problem)) throw error;
      log.info({ instanceId, code: error.code }, `The ${action} by ${by} was refused.`);
      return false;
    }
  }
}

function rowsOf(em: EntityManager, ids: readonly string[]): Promise<Row[]> {
  return em.execute<Row[]>(`${selectRows} where instance_id = any(?::uuid[])`, [
    `{${ids.join(',')}}`,
  ]);
}
