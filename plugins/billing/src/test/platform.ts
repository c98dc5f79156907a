/**
 * A platform of billing with real accounts, instances and database. Its provider of containers never comes
 * to an end, for a creation is admitted before; its payment provider notes what is asked of it.
 */
import accounts from '@zlh/accounts/platform';
import { administrator, register, testSettings, type Person } from '@zlh/accounts/testing';
import agents from '@zlh/agents/platform';
import { ArtifactStore } from '@zlh/artifacts';
import { Database } from '@zlh/database';
import database from '@zlh/database/platform';
import events from '@zlh/events/platform';
import http from '@zlh/http/platform';
import { InstanceKinds, Providers, type InstanceKind } from '@zlh/instances';
import instances from '@zlh/instances/platform';
import { definePlugin } from '@zlh/kernel';
import { replacement, startTestKernel, type TestKernel } from '@zlh/kernel/testing';
import operations from '@zlh/operations/platform';
import { Type } from 'typebox';
import manual from '@zlh/billing-manual/platform';
import { Billing, Clock, PaymentProviders, type Fact, type PaymentProvider } from '../index.ts';
import billing from '../platform.ts';

const price = (amount: number) => ({ amount, currency: 'eur', interval: 'month' }) as const;
export const plans = [
  { id: 'free', name: 'Free', price: price(0), limits: { instances: 1, memoryMiB: 512 } },
  { id: 'silver', name: 'Silver', price: price(500), limits: { instances: 3, memoryMiB: 4096 } },
  { id: 'gold', name: 'Gold', price: price(1500), limits: { instances: 20, memoryMiB: 16_384 } },
] as const;

const kind: InstanceKind = {
  kind: 'game',
  request: Type.Object({}),
  resolve: async () => ({
    label: 'Test',
    hostnameStem: 'mc-plain',
    software: { game: 'test', variant: 'plain', version: '1' },
    memoryMiB: { min: 128, default: 128, max: 16_384 },
    limits: {},
    artifacts: [],
    ports: [],
    spec: {
      launch: { command: 'true', args: [], env: {} },
      stop: [],
      files: [],
      probe: {
        kind: 'log',
        intervalMs: 100,
        timeoutMs: 100,
        startupTimeoutMs: 1000,
        failuresToUnready: 1,
      },
      crash: { backoffInitialMs: 0, backoffMaxMs: 0, stableAfterMs: 0, maxCrashes: 0 },
    },
    save: null,
    backup: { include: [], exclude: [] },
  }),
};

export const wanted = { kind: 'game', name: 'Skyblock' } as const;

export interface TestBilling {
  readonly kernel: TestKernel;
  /** Questions to the payment provider: `checkout silver`. */
  readonly asked: string[];
  now: Date;
  user(): Promise<Person>;
  admin(): Promise<Person>;
  /** As if the payment provider had said so. */
  says(person: Person, fact: Fact, plan: string, more?: Partial<Says>): Promise<void>;
  sql<T>(query: string, values?: unknown[]): Promise<T[]>;
  stop(): Promise<void>;
}

interface Says {
  readonly currentPeriodEnd: Date | null;
  readonly cancelAtPeriodEnd: boolean;
  readonly scheduledPlan: string | null;
  readonly scheduledPlanEffectiveAt: Date | null;
}

export async function startBilling(settings: Record<string, unknown> = {}): Promise<TestBilling> {
  const asked: string[] = [];
  const clock = { now: new Date('2027-01-01T00:00:00Z') };
  const kernel = await startTestKernel({
    plugins: [
      database,
      http,
      events,
      operations,
      accounts,
      agents,
      instances,
      billing,
      manual,
      doors(asked),
    ],
    config: {
      ...testSettings,
      instances: { provider: 'never', instancesPerUser: 1000, memoryMiBPerUser: 1_000_000 },
      billing: { plans, defaultPlan: 'free', ...settings },
    },
    replace: [
      replacement(ArtifactStore, {} as ArtifactStore),
      replacement(Clock, { now: () => clock.now }),
    ],
    logLevel: 'silent',
  });
  return {
    kernel,
    asked,
    get now() {
      return clock.now;
    },
    set now(now) {
      clock.now = now;
    },
    user: () => register(kernel),
    admin: () => administrator(kernel),
    says: (person, fact, plan, more = {}) =>
      kernel.use(Database).transaction((em) =>
        kernel.use(Billing).project(em, person.user.id, {
          source: 'till',
          fact,
          plan,
          currentPeriodEnd: null,
          cancelAtPeriodEnd: false,
          scheduledPlan: null,
          scheduledPlanEffectiveAt: null,
          ...more,
        }),
      ),
    sql: (query, values = []) => kernel.use(Database).fork().execute(query, values),
    stop: () => kernel.stop(),
  };
}

const doors = (asked: string[]) =>
  definePlugin({
    id: 'doors',
    setup({ add }) {
      add(InstanceKinds, kind);
      add(PaymentProviders, till(asked));
      add(Providers, {
        id: 'never',
        create: (_request, signal) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason as Error));
          }),
        ensureRunning: async (_request, placement) => placement,
        remove: async () => undefined,
        list: async () => [],
      });
    },
  });

function till(asked: string[]): PaymentProvider {
  const note = async (what: string) => void asked.push(what);
  const where = async (what: string) => {
    await note(what);
    return { url: 'https://till.example.org/' };
  };
  return {
    id: 'till',
    sells: (plan) => plan !== 'free',
    checkout: (_customer, plan) => where(`checkout ${plan}`),
    portal: () => where('portal'),
    change: (_customer, plan, when) => note(`change ${plan} ${when}`),
    keepPlan: () => note('keepPlan'),
    cancel: () => note('cancel'),
    resume: () => note('resume'),
    invoices: async () => [],
  };
}
