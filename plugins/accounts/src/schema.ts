/** The tables of accounts. Secrets are in none of them: only hashes of passwords, sessions and keys. */
import { defineEntity, p } from '@mikro-orm/postgresql';

const UserEntity = defineEntity({
  name: 'User',
  tableName: 'accounts_user',
  properties: {
    id: p.uuid().primary(),
    /** Normalised: one address, one user. */
    email: p.string().length(254).unique(),
    role: p.string().length(20),
    /** PHC string of argon2id. */
    password: p.string().length(255),
    createdAt: p.datetime(),
    /** Since then nobody may come in with it. */
    disabledAt: p.datetime().nullable(),
  },
  indexes: [{ name: 'accounts_user_role_index', properties: ['role'] }],
});

const SessionEntity = defineEntity({
  name: 'Session',
  tableName: 'accounts_session',
  properties: {
    id: p.uuid().primary(),
    user: () => p.manyToOne(UserEntity).deleteRule('cascade').updateRule('no action'),
    /** SHA-256 of the cookie, hex. */
    hash: p.string().length(64).unique(),
    /** Where it was opened, for people to recognise. */
    address: p.string().length(64),
    userAgent: p.string().length(200),
    createdAt: p.datetime(),
    /** Exact to a minute. */
    lastSeenAt: p.datetime(),
    expiresAt: p.datetime(),
  },
  indexes: [{ name: 'accounts_session_user_id_index', properties: ['user'] }],
});

const ApiKeyEntity = defineEntity({
  name: 'ApiKey',
  tableName: 'accounts_api_key',
  properties: {
    id: p.uuid().primary(),
    user: () => p.manyToOne(UserEntity).deleteRule('cascade').updateRule('no action'),
    name: p.string().length(100),
    /** SHA-256 of the secret half, hex. */
    hash: p.string().length(64),
    scopes: p.json(),
    createdAt: p.datetime(),
    expiresAt: p.datetime().nullable(),
    /** Exact to a minute. */
    lastUsedAt: p.datetime().nullable(),
  },
  indexes: [{ name: 'accounts_api_key_user_id_index', properties: ['user'] }],
});

/** What was done; it outlives users and instances, so it refers to neither. */
const AuditEntity = defineEntity({
  name: 'AuditRecord',
  tableName: 'accounts_audit',
  properties: {
    id: p.uuid().primary(),
    action: p.string().length(100),
    actor: p.string().length(320),
    userId: p.uuid().nullable(),
    instanceId: p.uuid().nullable(),
    data: p.json(),
    at: p.datetime(),
    /** May be summed with others of its kind. */
    frequent: p.boolean().default(false),
    /** How many it stands for. */
    count: p.integer().default(1),
    /** When the last of them was. */
    until: p.datetime().nullable(),
  },
  indexes: [
    { name: 'accounts_audit_user_id_index', properties: ['userId', 'id'] },
    { name: 'accounts_audit_instance_id_index', properties: ['instanceId', 'id'] },
  ],
});

/** The size of the audit trail, counted up to an entry. */
const AuditSizeEntity = defineEntity({
  name: 'AuditSize',
  tableName: 'accounts_audit_size',
  properties: {
    id: p.string().length(10).primary(),
    countedTo: p.uuid(),
    bytes: p.bigint('string'),
  },
});

/** What somebody may do on an instance of somebody else. Instances are another plugin's, so none is referred to. */
const GrantEntity = defineEntity({
  name: 'Grant',
  tableName: 'accounts_grant',
  properties: {
    instanceId: p.uuid().primary(),
    user: () => p.manyToOne(UserEntity).primary().deleteRule('cascade').updateRule('no action'),
    role: p.string().length(20),
    createdAt: p.datetime(),
  },
  indexes: [{ name: 'accounts_grant_user_id_index', properties: ['user'] }],
});

/** The open invitation to become the first administrator. Its token is derived, so it is kept nowhere. */
const SetupEntity = defineEntity({
  name: 'Setup',
  tableName: 'accounts_setup',
  properties: { id: p.uuid().primary(), createdAt: p.datetime(), usedAt: p.datetime().nullable() },
});

/** Attempts to sign in, by hash of address and e-mail. */
const AttemptEntity = defineEntity({
  name: 'Attempt',
  tableName: 'accounts_attempt',
  properties: { key: p.string().primary().length(64), count: p.integer(), since: p.datetime() },
});

const IdempotencyEntity = defineEntity({
  name: 'IdempotencyRecord',
  tableName: 'accounts_idempotency',
  properties: {
    caller: p.string().primary().length(100),
    route: p.string().primary().length(200),
    key: p.string().primary().length(200),
    bodyHash: p.string().length(64),
    /** Null while the first request runs. */
    status: p.integer().nullable(),
    body: p.json().nullable(),
    createdAt: p.datetime(),
  },
});

export const accountEntities = [
  UserEntity,
  SessionEntity,
  ApiKeyEntity,
  AuditEntity,
  AuditSizeEntity,
  SetupEntity,
  AttemptEntity,
  IdempotencyEntity,
  GrantEntity,
];

const toUser = (table: string) =>
  `constraint "${table}_user_id_foreign" foreign key ("user_id") references "accounts_user" ("id") on delete cascade`;

export const accountMigrations = [
  {
    name: '001_accounts',
    up: [
      `create table "accounts_user" (
        "id" uuid primary key, "email" varchar(254) not null constraint "accounts_user_email_unique" unique,
        "role" varchar(20) not null, "password" varchar(255) not null, "created_at" timestamptz not null)`,
      'create index "accounts_user_role_index" on "accounts_user" ("role")',
      `create table "accounts_session" (
        "id" uuid primary key, "user_id" uuid not null, "hash" varchar(64) not null constraint "accounts_session_hash_unique" unique,
        "address" varchar(64) not null, "user_agent" varchar(200) not null,
        "created_at" timestamptz not null, "last_seen_at" timestamptz not null, "expires_at" timestamptz not null,
        ${toUser('accounts_session')})`,
      'create index "accounts_session_user_id_index" on "accounts_session" ("user_id")',
      `create table "accounts_api_key" (
        "id" uuid primary key, "user_id" uuid not null, "name" varchar(100) not null, "hash" varchar(64) not null, "scopes" jsonb not null,
        "created_at" timestamptz not null, "expires_at" timestamptz null, "last_used_at" timestamptz null,
        ${toUser('accounts_api_key')})`,
      'create index "accounts_api_key_user_id_index" on "accounts_api_key" ("user_id")',
      `create table "accounts_audit" (
        "id" uuid primary key, "action" varchar(100) not null, "actor" varchar(320) not null,
        "user_id" uuid null, "instance_id" uuid null, "data" jsonb not null, "at" timestamptz not null)`,
      'create index "accounts_audit_user_id_index" on "accounts_audit" ("user_id", "id")',
      'create index "accounts_audit_instance_id_index" on "accounts_audit" ("instance_id", "id")',
      'create table "accounts_setup" ("id" uuid primary key, "created_at" timestamptz not null, "used_at" timestamptz null)',
      'create table "accounts_attempt" ("key" varchar(64) primary key, "count" int not null, "since" timestamptz not null)',
      `create table "accounts_idempotency" (
        "caller" varchar(100) not null, "route" varchar(200) not null, "key" varchar(200) not null,
        "body_hash" varchar(64) not null, "status" int null, "body" jsonb null, "created_at" timestamptz not null,
        primary key ("caller", "route", "key"))`,
    ],
  },
  {
    name: '002_grant',
    up: [
      `create table "accounts_grant" (
        "instance_id" uuid not null, "user_id" uuid not null, "role" varchar(20) not null, "created_at" timestamptz not null,
        primary key ("instance_id", "user_id"), ${toUser('accounts_grant')})`,
      'create index "accounts_grant_user_id_index" on "accounts_grant" ("user_id")',
    ],
  },
  {
    name: '003_disabled',
    up: ['alter table "accounts_user" add column "disabled_at" timestamptz null'],
  },
  {
    name: '004_audit_sums',
    up: [
      `alter table "accounts_audit" add column "frequent" boolean not null default false,
        add column "count" int not null default 1, add column "until" timestamptz null`,
      'create table "accounts_audit_size" ("id" varchar(10) primary key, "counted_to" uuid not null, "bytes" bigint not null)',
    ],
  },
] as const;
