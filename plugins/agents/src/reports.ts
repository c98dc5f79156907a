/**
 * What agents say of themselves: `POST /api/agents/report`, and the watch that notices when they fall silent. The
 * platform never polls a healthy agent.
 */
import { isDeepStrictEqual } from 'node:util';
import { AgentReport, type AgentStatus } from '@zlh/agent';
import type { Contribution, Logger } from '@zlh/kernel';
import type { Database, EntityManager } from '@zlh/database';
import type { Events } from '@zlh/events';
import { defineRoute, type Route } from '@zlh/http';
import { Type } from 'typebox';
import { readStatus } from './answers.ts';
import { agentEvents, type AgentObserver } from './index.ts';

interface Ground {
  readonly database: Database;
  readonly events: Events;
  readonly observers: readonly Contribution<AgentObserver>[];
  readonly log: Logger;
  readonly config: { readonly silentAfterSeconds: number };
}

interface Known {
  readonly status: AgentStatus | null;
  readonly silent: boolean;
  readonly overtaken: boolean | null;
}

const sweepMs = 2000;
/**
 * On its way a report can be overtaken by a later one, but not for longer than this. An agent whose numbers are lower
 * than that has had its clock put back.
 */
const overtakenWithinSeconds = 30;
/** Of a report in bytes; an honest one has about a thousand. */
const largestReport = 32_768;

/** Numbers beyond this are none of an agent's clock, and none for the database. */
const ReportBody = Type.Object({
  ...AgentReport.properties,
  sequence: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
});

export class Reports {
  readonly #ground: Ground;
  readonly #startedAt = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> | undefined;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  async receive(instanceId: string, { sequence, status: said }: AgentReport): Promise<void> {
    const { database, events, observers } = this.#ground;
    const status = readStatus(said);
    const heard = await database.transaction(async (em) => {
      const [before] = await em.execute<Known[]>(
        `select status, silent, sequence >= ? and last_seen_at > now() - make_interval(secs => ?) as overtaken
         from agents_agent where instance_id = ? for update`,
        [sequence, overtakenWithinSeconds, instanceId],
      );
      if (before === undefined || before.overtaken === true) return false;
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
      for (const { value } of observers) await value.reported(em, instanceId, status);
      await events.publish(em, {
        type: agentEvents.reported,
        userId: null,
        instanceId,
        data: { operation: status.operation, state: status.state, ready: status.ready },
      });
      return true;
    });
    if (heard) for (const { value } of observers) value.heard?.(instanceId, status);
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
    this.#timer = setInterval(() => {
      this.#sweeping ??= this.#sweep().finally(() => (this.#sweeping = undefined));
    }, sweepMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sweeping;
  }

  async #tellSilence(em: EntityManager, instanceId: string): Promise<void> {
    const { events, observers } = this.#ground;
    for (const { value } of observers) await value.silent(em, instanceId);
    await events.publish(em, { type: agentEvents.lost, userId: null, instanceId, data: {} });
  }

  async #sweep(): Promise<void> {
    const { config, database, log } = this.#ground;
    // After a start everybody gets the time to be heard again.
    if (performance.now() - this.#startedAt < config.silentAfterSeconds * 1000) return;
    try {
      await database.transaction(async (em) => {
        const silent = await em.execute<{ instance_id: string }[]>(
          `update agents_agent set silent = true where instance_id in (
             select instance_id from agents_agent where not silent and last_seen_at < now() - make_interval(secs => ?) for update skip locked)
           returning instance_id`,
          [config.silentAfterSeconds],
        );
        for (const { instance_id: id } of silent) {
          log.warn({ instanceId: id }, 'the agent has fallen silent');
          await this.#tellSilence(em, id);
        }
      });
    } catch (error) {
      log.warn({ err: error }, 'silent agents could not be looked for; trying again');
    }
  }
}

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
