/** A platform that sells through a double of Stripe: real accounts, billing, operations and database. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import accounts from '@zlh/accounts/platform';
import { register, testSettings, type Person } from '@zlh/accounts/testing';
import billing from '@zlh/billing/platform';
import { Database } from '@zlh/database';
import database from '@zlh/database/platform';
import { Events } from '@zlh/events';
import events from '@zlh/events/platform';
import http from '@zlh/http/platform';
import { TestClient, type TestAnswer } from '@zlh/http/testing';
import { Instances } from '@zlh/instances';
import { replacement, scaled, startTestKernel, type TestKernel } from '@zlh/kernel/testing';
import operations from '@zlh/operations/platform';
import stripe from '../platform.ts';
import { serveDouble, signed, StripeDouble, type DoubleServer } from '../testing/index.ts';
import type { DoubleEvent } from '../testing/double.ts';

export const webhookSecret = 'whsec_test';
const price = (amount: number) => ({ amount, currency: 'eur', interval: 'month' }) as const;
const plans = [
  { id: 'free', name: 'Free', price: price(0), limits: { instances: 1 } },
  { id: 'silver', name: 'Silver', price: price(500), limits: { instances: 3 } },
  { id: 'gold', name: 'Gold', price: price(1500), limits: { instances: 20 } },
];

export interface TestStripe {
  readonly kernel: TestKernel;
  readonly double: StripeDouble;
  readonly server: DoubleServer;
  user(): Promise<Person>;
  sql<T>(query: string, values?: unknown[]): Promise<T[]>;
  /** Sends an event as Stripe does, or with another signature. */
  deliver(event: DoubleEvent, signature?: (body: string) => string): Promise<TestAnswer>;
  /** Delivers what was not delivered, and waits until it is taken over. */
  deliverAll(): Promise<void>;
  /** Until no event waits. */
  quiet(): Promise<void>;
  /** Until something holds that events bring about. */
  until(holds: () => Promise<boolean>): Promise<void>;
  /** Ends this process, and starts another on the same database while Stripe answers again. */
  restart(): Promise<TestStripe>;
  stop(): Promise<void>;
}

const startKernel = (settings: Record<string, unknown>, { url }: DoubleServer, home: string) =>
  startTestKernel({
    home,
    plugins: [database, http, events, operations, accounts, billing, stripe],
    config: {
      ...testSettings,
      billing: { plans, defaultPlan: 'free' },
      'billing-stripe': {
        apiKey: 'sk_test_1',
        webhookSecret,
        apiUrl: url,
        prices: { silver: 'price_silver', gold: 'price_gold' },
        ...settings,
      },
    },
    replace: [
      replacement(Instances, {
        usage: async () => ({ instances: 0, memoryMiB: 0, diskMiB: 0 }),
      } as unknown as Instances),
    ],
    logLevel: 'silent',
  });

export async function startStripe(settings: Record<string, unknown> = {}): Promise<TestStripe> {
  const double = new StripeDouble({ price_silver: 500, price_gold: 1500 });
  const home = mkdtempSync(join(tmpdir(), 'zlh-stripe-'));
  return startProcess(settings, double, await serveDouble(double), home);
}

async function startProcess(
  settings: Record<string, unknown>,
  double: StripeDouble,
  server: DoubleServer,
  home: string,
): Promise<TestStripe> {
  const kernel = await startKernel(settings, server, home);
  const stranger = new TestClient(kernel);
  const sql = <T>(query: string, values: unknown[] = []): Promise<T[]> =>
    kernel.use(Database).fork().execute(query, values);
  const waiting = () =>
    sql<{ id: string }>(
      `select id from operations_operation where kind = 'billing-stripe.project' and state in ('queued', 'running')`,
    );
  const deliver: TestStripe['deliver'] = (
    event,
    signature = (body) => signed(body, webhookSecret),
  ) => {
    const body = JSON.stringify(event);
    return stranger.send('POST', '/api/billing/stripe/webhooks', body, {
      'stripe-signature': signature(body),
    });
  };
  const until = async (holds: () => Promise<boolean>) => {
    for (;;) {
      const news = kernel.use(Events).next(() => true, AbortSignal.timeout(scaled(60_000)));
      news.catch(() => undefined); // not waited for in the end
      if (await holds()) return;
      await news;
    }
  };
  const quiet = () => until(async () => (await waiting()).length === 0);
  let delivered = 0;
  return {
    kernel,
    double,
    server,
    user: () => register(kernel),
    sql,
    deliver,
    quiet,
    async deliverAll() {
      for (const event of double.events.slice(delivered)) await deliver(event);
      delivered = double.events.length;
      await quiet();
    },
    until,
    async restart() {
      await kernel.stop();
      server.broken = undefined;
      return startProcess(settings, double, server, home);
    },
    async stop() {
      await kernel.stop();
      await server.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
