/**
 * What agents say of themselves: `POST /api/agents/report`, and the watch that notices when they fall silent. The
 * platform never polls a healthy agent.
 */
import { isDeepStrictEqual } from 'node:util';
import { AgentReport, type AgentStatus } from '@zlh/agent';
import type { Contribution, Logger } from '@zlh/kernel';
import type { Database } from '@zlh/database';
import type { Events } from '@zlh/events';
import { defineRoute, type Route } from '@zlh/http';
import { Type } from 'typebox';
import { reportedEvent } from './agents.ts';
import type { AgentObserver } from './index.ts';

interface Ground {
  readonly database: Database;
  readonly events: Events;
  readonly observers: readonly Contribution<AgentObserver>[];
  readonly log: Logger;
  readonly config: { readonly silentAfterSeconds: number };
}

const sweepMs = 2000;

export class Reports {
  readonly #ground: Ground;
  readonly #startedAt = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  async receive(instanceId: string, { sequence, status }: AgentReport): Promise<void> {
    const { database, events, observers } = this.#ground;
    await database.transaction(async (em) => {
      const [before] = await em.execute<
        { status: AgentStatus | null; silent: boolean; sequence: string }[]
      >(
        'select status, silent, sequence::text from agents_agent where instance_id = ? for update',
        [instanceId],
      );
      if (before === undefined || BigInt(before.sequence) >= BigInt(sequence)) return;
      await em.execute(
        'update agents_agent set sequence = ?, last_seen_at = now(), silent = false, status = ?::jsonb where instance_id = ?',
        [sequence, JSON.stringify(status), instanceId],
      );
      if (
        !before.silent &&
        before.status !== null &&
        isDeepStrictEqual(telling(before.status), telling(status))
      )
        return;
      for (const { value } of observers) await value.reported(em, instanceId, status);
      await events.publish(em, {
        type: reportedEvent,
        userId: null,
        instanceId,
        data: { operation: status.operation, state: status.state, ready: status.ready },
      });
    });
  }

  watch(): void {
    this.#timer = setInterval(() => void this.#sweep(), sweepMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #sweep(): Promise<void> {
    const { config, database, observers, log } = this.#ground;
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
          for (const { value } of observers) await value.silent(em, id);
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
      perMinute: 6000,
      schema: { body: AgentReport, response: { 204: Type.Null() } },
      async handler({ identity, body }, reply) {
        await use.reports.receive(identity.id, body);
        return reply.code(204).send();
      },
    }),
  ];
}
