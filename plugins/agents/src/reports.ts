/**
 * What agents say of themselves: `POST /api/agents/report`, and the watch that notices when they fall silent. The
 * platform never polls a healthy agent.
 */
import { isDeepStrictEqual } from 'node:util';
import { AgentReport, type AgentStatus } from '@zlh/agent';
import {
  BeatWatch,
  type Beat,
  type Contribution,
  type Logger,
  type MonotonicClock,
} from '@zlh/kernel';
import type { Database, EntityManager } from '@zlh/database';
import type { Events } from '@zlh/events';
import { defineRoute, problems, type Route } from '@zlh/http';
import { Type } from 'typebox';
import { readStatus } from './answers.ts';
import { agentEvents, type AgentObserver } from './index.ts';

interface Ground {
  readonly database: Database;
  readonly events: Events;
  readonly observers: readonly Contribution<AgentObserver>[];
  readonly log: Logger;
  readonly clock: MonotonicClock;
  readonly config: { readonly silentAfterSeconds: number };
}

interface Known {
  readonly status: AgentStatus | null;
  readonly silent: boolean;
  readonly overtaken: boolean;
  /** Of the last report that counted. */
  readonly sequence: string;
}

const maxSweepMs = 2000;
/** Of a report in bytes; an honest one has about a thousand. */
const largestReport = 32_768;

/** Numbers beyond this are none of an agent's, and none for the database. */
const ReportBody = Type.Object({
  ...AgentReport.properties,
  sequence: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
});

export class Reports {
  readonly #ground: Ground;
  readonly #watch: BeatWatch<string>;
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> | undefined;

  constructor(ground: Ground) {
    this.#ground = ground;
    this.#watch = new BeatWatch(ground.clock, ground.config.silentAfterSeconds * 1000);
  }

  /**
   * A report counts when its number is higher than that of the last one, however long ago that was. One that
   * was overtaken, or recorded and sent again, is refused with the number after which the agent continues.
   */
  async receive(instanceId: string, { sequence, status: said }: AgentReport): Promise<void> {
    const { database, events, observers } = this.#ground;
    const status = readStatus(said);
    const heard = await database.transaction(async (em) => {
      const [before] = await em.execute<Known[]>(
        `select status, silent, sequence::text, last_seen_at is not null and sequence >= ? as overtaken
         from agents_agent where instance_id = ? for update`,
        [sequence, instanceId],
      );
      if (before === undefined) return false;
      if (before.overtaken) throw overtaken(Number(before.sequence));
      await em.execute(
        'update agents_agent set sequence = ?, last_seen_at = now(), silent = false, status = ?::jsonb where instance_id = ?',
        [sequence, JSON.stringify(status), instanceId],
      );
      if (
        !before.silent &&
        before.status !== null &&
        isDeepStrictEqual(telling(before.status), telling(status))
      )
        return true;
      for (const { value } of observers) await value.onStatusChange(em, instanceId, status);
      await events.publish(em, {
        type: agentEvents.reported,
        userId: null,
        instanceId,
        data: { operation: status.operation, state: status.state, ready: status.ready },
      });
      return true;
    });
    if (heard) for (const { value } of observers) value.onHeartbeat?.(instanceId, status);
  }

  /** As if it had fallen silent; its next report counts as news, whatever it says. */
  async lost(instanceId: string): Promise<void> {
    await this.#ground.database.transaction(async (em) => {
      const rows = await em.execute<unknown[]>(
        'update agents_agent set silent = true where instance_id = ? returning instance_id',
        [instanceId],
      );
      if (rows.length > 0) await this.#tellSilence(em, instanceId);
    });
  }

  watch(): void {
    const sweepMs = Math.min(maxSweepMs, this.#ground.config.silentAfterSeconds * 200);
    this.#timer = setInterval(() => {
      this.#sweeping ??= this.sweep().finally(() => (this.#sweeping = undefined));
    }, sweepMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sweeping;
  }

  async #tellSilence(em: EntityManager, instanceId: string): Promise<void> {
    const { events, observers } = this.#ground;
    for (const { value } of observers) await value.onUnreachable(em, instanceId);
    await events.publish(em, { type: agentEvents.lost, userId: null, instanceId, data: {} });
  }

  /** Looks for agents whose number has stood still. The clocks of machine and database have no say. */
  async sweep(): Promise<void> {
    const { database, log } = this.#ground;
    try {
      const heard = await database
        .fork()
        .execute<Beat<string>[]>(
          'select instance_id as key, sequence::text as beat from agents_agent where not silent and last_seen_at is not null',
        );
      for (const each of this.#watch.look(heard)) await this.#silence(each);
    } catch (error) {
      log.warn({ err: error }, 'silent agents could not be looked for; trying again');
    }
  }

  /** Unless it was heard meanwhile, or another process was faster. */
  async #silence({ key: instanceId, beat }: Beat<string>): Promise<void> {
    const { database, log } = this.#ground;
    await database.transaction(async (em) => {
      const rows = await em.execute<unknown[]>(
        'update agents_agent set silent = true where instance_id = ? and sequence = ? and not silent returning instance_id',
        [instanceId, beat],
      );
      if (rows.length === 0) return;
      log.warn({ instanceId }, 'the agent has fallen silent');
      await this.#tellSilence(em, instanceId);
    });
  }
}

const overtaken = (sequence: number) =>
  problems.conflict('agents.report-overtaken', 'A later report of this agent has arrived.', {
    sequence,
  });

/** Usage changes with every heartbeat and is asked for when somebody looks. */
function telling({ usage: _usage, ...status }: AgentStatus): Omit<AgentStatus, 'usage'> {
  return status;
}

export function reportRoutes(use: { readonly reports: Reports }): readonly Route[] {
  return [
    defineRoute({
      method: 'POST',
      url: '/api/agents/report',
      summary: 'An agent says how its instance is',
      access: 'agent',
      hidden: true,
      perMinute: 1200,
      bodyLimit: largestReport,
      schema: { body: ReportBody, response: { 204: Type.Null() } },
      async handler({ identity, body }, reply) {
        await use.reports.receive(identity.id, body);
        return reply.code(204).send();
      },
    }),
  ];
}
