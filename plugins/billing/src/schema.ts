/** The tables of billing: one account per user, and the ledger, which the database lets nobody change. */
import { defineEntity, p } from '@mikro-orm/postgresql';

const onlyGrows = {
  function: `create function billing_ledger_only_grows() returns trigger language plpgsql as $$
    begin raise exception 'the ledger of billing only grows' using errcode = 'restrict_violation'; end $$`,
  trigger: `create trigger billing_ledger_only_grows before update or delete or truncate on "billing_ledger"
    for each statement execute function billing_ledger_only_grows()`,
};

const AccountEntity = defineEntity({
  name: 'BillingAccount',
  tableName: 'billing_account',
  properties: {
    userId: p.uuid().primary(),
    plan: p.string().length(40).nullable(),
    /** The limits that were bought, for the day on which the host removes the plan. */
    limits: p.json().nullable(),
    status: p.string().length(20),
    source: p.string().length(40).nullable(),
    currentPeriodEnd: p.datetime().nullable(),
    cancelAtPeriodEnd: p.boolean(),
    scheduledPlan: p.string().length(40).nullable(),
    scheduledPlanEffectiveAt: p.datetime().nullable(),
    lastInvoicePaidAt: p.datetime().nullable(),
    billingSyncedAt: p.datetime().nullable(),
  },
});

const LedgerEntity = defineEntity({
  name: 'BillingLedgerEntry',
  tableName: 'billing_ledger',
  properties: {
    id: p.uuid().primary(),
    naturalKey: p.string().length(200).unique('billing_ledger_natural_key_unique'),
    userId: p.uuid(),
    kind: p.string().length(40),
    plan: p.string().length(40).nullable(),
    amount: p.integer().nullable(),
    currency: p.string().length(3).nullable(),
    at: p.datetime(),
    recordedAt: p.datetime(),
  },
  indexes: [{ name: 'billing_ledger_user_id_index', properties: ['userId', 'at'] }],
  triggers: [
    {
      name: 'billing_ledger_only_grows',
      timing: 'before',
      events: ['update', 'delete', 'truncate'],
      expression: onlyGrows.trigger,
    },
  ],
});

export const billingEntities = [AccountEntity, LedgerEntity];

export const billingMigrations = [
  {
    name: '001_billing',
    up: [
      `create table "billing_account" (
        "user_id" uuid primary key, "plan" varchar(40) null, "limits" jsonb null, "status" varchar(20) not null,
        "source" varchar(40) null, "current_period_end" timestamptz null, "cancel_at_period_end" boolean not null,
        "scheduled_plan" varchar(40) null, "scheduled_plan_effective_at" timestamptz null,
        "last_invoice_paid_at" timestamptz null, "billing_synced_at" timestamptz null)`,
      `create table "billing_ledger" (
        "id" uuid primary key, "natural_key" varchar(200) not null, "user_id" uuid not null,
        "kind" varchar(40) not null, "plan" varchar(40) null, "amount" int null, "currency" varchar(3) null,
        "at" timestamptz not null, "recorded_at" timestamptz not null)`,
      'alter table "billing_ledger" add constraint "billing_ledger_natural_key_unique" unique ("natural_key")',
      'create index "billing_ledger_user_id_index" on "billing_ledger" ("user_id", "at")',
      onlyGrows.function,
      onlyGrows.trigger,
    ],
  },
] as const;
