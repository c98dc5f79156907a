/** What happened to the server, for whoever looks later: its crashes, when it was up, what it used. */
import type { FastifyInstance } from 'fastify';
import {
  HistoryQuery,
  type CrashPage,
  type UptimePage,
  type UsageReply,
} from '../contract/history.ts';
import type { SpecStore } from '../install/spec-store.ts';
import type { UsageHistory } from '../status/usage-history.ts';
import type { History } from '../supervisor/history.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';

export interface HistoryServices {
  readonly history: History;
  readonly usage: UsageHistory;
  readonly supervisor: Supervisor;
  readonly specs: SpecStore;
}

export function addHistory(app: FastifyInstance, services: HistoryServices): void {
  const { history, usage, supervisor, specs } = services;
  const paged = { schema: { querystring: HistoryQuery } };
  app.get<{ Querystring: HistoryQuery }>('/crashes', paged, ({ query }): CrashPage =>
    history.crashes(query.cursor, limitOf(query)),
  );
  app.get<{ Querystring: HistoryQuery }>('/uptime', paged, ({ query }): UptimePage =>
    history.uptime(supervisor.run?.id, query.cursor, limitOf(query)),
  );
  app.get('/usage', (): UsageReply => {
    const { spec } = specs;
    const memoryLimitBytes = spec === undefined ? null : spec.memoryMiB * 2 ** 20;
    return { memoryLimitBytes, disk: usage.disk, samples: [...usage.samples] };
  });
}

function limitOf({ limit }: HistoryQuery): number | undefined {
  return limit === undefined ? undefined : Number(limit);
}
