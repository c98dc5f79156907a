/** The tables of Stripe: whose customer is whose, every price ever sold, and every event as it came. */
import { defineEntity, p } from '@mikro-orm/postgresql';

const CustomerEntity = defineEntity({
  name: 'StripeCustomer',
  tableName: 'billing_stripe_customer',
  properties: {
    userId: p.uuid().primary(),
    customerId: p.string().length(100).unique('billing_stripe_customer_customer_id_unique'),
    /** The one checkout that is open, and what it sells. */
    sessionId: p.string().length(200).nullable(),
    sessionPlan: p.string().length(40).nullable(),
    /** Changes that were asked for so far: part of each idempotency key. */
    writes: p.integer(),
    /** When the newest look at Stripe that was projected began. */
    fetchedAt: p.datetime().nullable(),
  },
});

const PriceEntity = defineEntity({
  name: 'StripePrice',
  tableName: 'billing_stripe_price',
  properties: {
    priceId: p.string().length(100).primary(),
    plan: p.string().length(40),
  },
});

const EventEntity = defineEntity({
  name: 'StripeEvent',
  tableName: 'billing_stripe_event',
  properties: {
    id: p.string().length(100).primary(),
    type: p.string().length(100),
    customerId: p.string().length(100).nullable(),
    body: p.text(),
    receivedAt: p.datetime(),
    /** Null while it waits. */
    handledAt: p.datetime().nullable(),
    /** `projected`, `covered` by a later look, `foreign` customer, `unknown` type. */
    outcome: p.string().length(20).nullable(),
  },
  indexes: [{ name: 'billing_stripe_event_received_at_index', properties: ['receivedAt'] }],
});

export const stripeEntities = [CustomerEntity, PriceEntity, EventEntity];

export const stripeMigrations = [
  {
    name: '001_stripe',
    up: [
      `create table "billing_stripe_customer" (
        "user_id" uuid primary key, "customer_id" varchar(100) not null, "session_id" varchar(200) null,
        "session_plan" varchar(40) null, "writes" int not null, "fetched_at" timestamptz null)`,
      'alter table "billing_stripe_customer" add constraint "billing_stripe_customer_customer_id_unique" unique ("customer_id")',
      'create table "billing_stripe_price" ("price_id" varchar(100) primary key, "plan" varchar(40) not null)',
      `create table "billing_stripe_event" (
        "id" varchar(100) primary key, "type" varchar(100) not null, "customer_id" varchar(100) null,
        "body" text not null, "received_at" timestamptz not null, "handled_at" timestamptz null,
        "outcome" varchar(20) null)`,
      'create index "billing_stripe_event_received_at_index" on "billing_stripe_event" ("received_at")',
    ],
  },
] as const;
