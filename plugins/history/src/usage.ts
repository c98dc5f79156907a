/**
 * What instances used: memory, processor, players, disk. Heartbeats are summed up in memory and written once a minute for
 * all instances together, so that a thousand of them are two rows each and one statement; a process that is killed loses
 * a minute. Minutes are kept for a day, hours for thirty.
 */
import type { AgentStatus } from '@zlh/agent';
import type { Database, EntityManager } from '@zlh/database';
import type { Logger } from '@zlh/kernel';
import type { UsageView } from './index.ts';

interface Ground {
  readonly database: Database;
  readonly log: Logger;
}

interface Sum {
  samples: number;
  memory_sum: number;
  memory_most: number;
  /** Those that say how much processor was used. */
  cpu_samples: number;
  cpu_sum: number;
  cpu_most: number;
  players: number | null;
  disk_bytes: number | null;
}

interface Row extends Sum {
  readonly at: string;
}

const flushMs = 60_000;
const minutesKept = 24 * 60;
const hoursKept = 30 * 24;
/** Beyond any machine; what an agent says may be anything. */
const mostBytes = 2 ** 50;
const mostPercent = 1e6;
const mostPlayers = 1e6;

export class Usage {
  readonly #ground: Ground;
  #sums = new Map<string, Sum>();
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  begin(): void {
    this.#timer = setInterval(() => {
      this.#flushing ??= this.flush().finally(() => (this.#flushing = undefined));
    }, flushMs);
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#flushing;
    if (this.#timer !== undefined) await this.flush();
  }

  /** A heartbeat. */
  heard(instanceId: string, { usage, players }: AgentStatus): void {
    if (usage === null) return;
    const sum = this.#sums.get(instanceId) ?? {
      samples: 0,
      memory_sum: 0,
      memory_most: 0,
      cpu_samples: 0,
      cpu_sum: 0,
      cpu_most: 0,
      players: null,
      disk_bytes: null,
    };
    const memory = Math.round(within(usage.memoryBytes, mostBytes));
    sum.samples++;
    sum.memory_sum += memory;
    sum.memory_most = Math.max(sum.memory_most, memory);
    if (usage.cpuPercent !== null) {
      const cpu = within(usage.cpuPercent, mostPercent);
      sum.cpu_samples++;
      sum.cpu_sum += cpu;
      sum.cpu_most = Math.max(sum.cpu_most, cpu);
    }
    if (typeof players?.online === 'number')
      sum.players = Math.max(sum.players ?? 0, Math.round(within(players.online, mostPlayers)));
    if (typeof usage.diskBytes === 'number')
      sum.disk_bytes = Math.round(within(usage.diskBytes, mostBytes));
    this.#sums.set(instanceId, sum);
  }

  /** Writes what was heard, and throws away what is too old. */
  async flush(): Promise<void> {
    const sums = [...this.#sums].map(([instance_id, sum]) => ({ instance_id, ...sum }));
    this.#sums = new Map();
    try {
      await this.#ground.database.transaction(async (em) => {
        if (sums.length > 0) await add(em, sums);
        for (const [resolution, interval] of [
          ['minute', `${minutesKept} minutes`],
          ['hour', `${hoursKept} hours`],
        ])
          await em.execute(
            'delete from history_usage where resolution = ? and at < now() - ?::interval',
            [resolution, interval],
          );
      });
    } catch (error) {
      this.#ground.log.warn({ err: error }, 'a minute of usage could not be written');
    }
  }

  /** By the minute where all of it lies within the last day, by the hour otherwise. */
  async between(instanceId: string, from: Date, to: Date): Promise<UsageView> {
    const resolution = from.getTime() >= Date.now() - minutesKept * 60_000 ? 'minute' : 'hour';
    const rows = await this.#ground.database.fork().execute<Row[]>(
      `select at, samples, memory_sum::float, memory_most::float, cpu_samples, cpu_sum, cpu_most, players, disk_bytes::float
       from history_usage where instance_id = ? and resolution = ? and at >= ? and at < ? order by at limit 1500`,
      [instanceId, resolution, from, to],
    );
    return {
      from: from.toISOString(),
      to: to.toISOString(),
      resolution,
      samples: rows.map((row) => ({
        at: new Date(row.at).toISOString(),
        memoryBytes: { average: row.memory_sum / row.samples, most: row.memory_most },
        cpuPercent:
          row.cpu_samples === 0
            ? null
            : { average: row.cpu_sum / row.cpu_samples, most: row.cpu_most },
        players: row.players,
        diskBytes: row.disk_bytes,
      })),
    };
  }
}

/**
 * Of instances that have a history: whoever reports has a period, and a deleted one has none, whichever process heard its
 * last heartbeat. To its minute and its hour; what another process has written there already is added to.
 */
async function add(
  em: EntityManager,
  sums: readonly (Sum & { readonly instance_id: string })[],
): Promise<void> {
  await em.execute(
    `insert into history_usage as u
       (instance_id, resolution, at, samples, memory_sum, memory_most, cpu_samples, cpu_sum, cpu_most, players, disk_bytes)
     select instance_id, resolution, date_trunc(resolution, now(), 'UTC'),
       samples, memory_sum, memory_most, cpu_samples, cpu_sum, cpu_most, players, disk_bytes
     from jsonb_to_recordset(?::jsonb) as given(instance_id uuid, samples int, memory_sum bigint, memory_most bigint,
       cpu_samples int, cpu_sum double precision, cpu_most double precision, players int, disk_bytes bigint)
     cross join (values ('minute'), ('hour')) as r(resolution)
     where exists (select from history_period p where p.instance_id = given.instance_id)
     order by instance_id
     on conflict (instance_id, resolution, at) do update set
       samples = u.samples + excluded.samples, memory_sum = u.memory_sum + excluded.memory_sum,
       memory_most = greatest(u.memory_most, excluded.memory_most), cpu_samples = u.cpu_samples + excluded.cpu_samples, cpu_sum = u.cpu_sum + excluded.cpu_sum,
       cpu_most = greatest(u.cpu_most, excluded.cpu_most), players = greatest(u.players, excluded.players),
       disk_bytes = coalesce(excluded.disk_bytes, u.disk_bytes)`,
    [JSON.stringify(sums)],
  );
}

const within = (value: number, most: number) => Math.min(Math.max(0, value), most);
