/** What happened to an instance, and what it used: for whoever may see it. */
import {
  defineRoute,
  page,
  pageQuery,
  Problem,
  problems,
  type Identity,
  type Route,
} from '@zlh/http';
import type { Database } from '@zlh/database';
import type { Instances } from '@zlh/instances';
import { Type } from 'typebox';
import type { Crashes } from './crashes.ts';
import { CrashView, UptimeView, UsageView } from './index.ts';
import type { Periods } from './periods.ts';
import type { Usage } from './usage.ts';

interface Use {
  readonly database: Database;
  readonly instances: Instances;
  readonly crashes: Crashes;
  readonly periods: Periods;
  readonly usage: Usage;
}

const permission = 'instances.read';
const consolePermission = 'instances.console';
const access = { permission };
const params = Type.Object({ id: Type.String({ format: 'uuid' }) });
const time = (text: string) =>
  Type.Optional(Type.String({ format: 'date-time', description: text }));
const hour = 3_600_000;
const longest = 400 * 24 * hour;

const between = (ago: string) =>
  Type.Object(
    { from: time(`Default: ${ago} before \`to\`.`), to: time('Default: now.') },
    { additionalProperties: false },
  );

export function historyRoutes(use: Use): readonly Route[] {
  const admit = (id: string, identity: Parameters<Instances['admit']>[2]) =>
    use.instances.admit(use.database.fork(), id, identity, permission);
  return [
    defineRoute({
      method: 'GET',
      url: '/api/instances/:id/crashes',
      summary: 'The crashes of an instance, newest first; the last thousand are kept',
      access,
      schema: {
        params,
        query: Type.Object(pageQuery, { additionalProperties: false }),
        response: { 200: page(CrashView) },
      },
      async handler({ params: { id }, query, identity }) {
        await admit(id, identity);
        const page = await use.crashes.list(id, query);
        if (await mayReadConsole(use, id, identity)) return page;
        return { ...page, items: page.items.map((crash) => ({ ...crash, lastLines: null })) };
      },
    }),
    defineRoute({
      method: 'GET',
      url: '/api/instances/:id/uptime',
      summary: 'When an instance was ready, running, stopped, crashed or not to be reached',
      access,
      schema: { params, query: between('seven days'), response: { 200: UptimeView } },
      async handler({ params: { id }, query, identity }) {
        await admit(id, identity);
        const { from, to } = span(query, 7 * 24 * hour);
        return use.periods.uptime(id, from, to);
      },
    }),
    defineRoute({
      method: 'GET',
      url: '/api/instances/:id/usage',
      summary: 'What an instance used: by the minute for a day, by the hour for thirty',
      access,
      schema: { params, query: between('an hour'), response: { 200: UsageView } },
      async handler({ params: { id }, query, identity }) {
        await admit(id, identity);
        const { from, to } = span(query, hour);
        return use.usage.between(id, from, to);
      },
    }),
  ];
}

/** Lines of the console are for those who may read it, wherever they stand. */
async function mayReadConsole(
  { instances, database }: Use,
  id: string,
  identity: Identity,
): Promise<boolean> {
  if (!identity.can(consolePermission)) return false;
  try {
    await instances.admit(database.fork(), id, identity, consolePermission);
    return true;
  } catch (error) {
    if (error instanceof Problem && error.status === 403) return false;
    throw error;
  }
}

function span(
  query: { readonly from?: string; readonly to?: string },
  otherwise: number,
): { from: Date; to: Date } {
  const to = query.to === undefined ? new Date() : new Date(query.to);
  const from = query.from === undefined ? new Date(to.getTime() - otherwise) : new Date(query.from);
  const length = to.getTime() - from.getTime();
  if (!(length > 0))
    throw problems.invalid([{ path: 'query.from', message: 'must lie before "to"' }]);
  if (length > longest)
    throw problems.invalid([
      { path: 'query.from', message: 'must lie within 400 days before "to"' },
    ]);
  return { from, to };
}
