/**
 * What the platform's routes take and answer. Generated from them; make it again when a route has changed:
 * `npm run generate -w web-components`
 */

export interface AgentOperation {
  id: string;
  kind: string;
  state: 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  phases: AgentPhase[];
  error: { code: string; detail: string } | null;
  createdAt: string;
  finishedAt: string | null;
}

export interface AgentPhase {
  name: string;
  state: 'pending' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'skipped';
  progress: number | null;
  startedAt: string | null;
  finishedAt: string | null;
}

export interface AgentStatus {
  instanceId: string | null;
  agentVersion: string;
  release?: string | null;
  revision: number;
  state:
    | 'provisioning'
    | 'installing'
    | 'stopped'
    | 'starting'
    | 'running'
    | 'stopping'
    | 'crashed'
    | 'error';
  ready: boolean;
  wanted?: boolean;
  since: string;
  readySince: string | null;
  unresponsiveSince?: string | null;
  operation: AgentOperation | null;
  maintenance: string | null;
  crash: Crash | null;
  consent?: WithdrawnConsent | null;
  provisioningComplete: boolean;
  players: { online: number | null; max: number | null } | null;
  probes?: ProbeWord[];
  usage: {
    memoryBytes: number;
    cpuPercent: number | null;
    processes?: number;
    diskBytes?: number | null;
  } | null;
  limits?: 'cgroup-v1' | 'cgroup-v2' | 'none';
  enforced?: ('memoryMiB' | 'cpuPercent' | 'processes' | 'diskMiB')[];
  address: { host: string; port: number } | null;
}

export interface ApiKey {
  id: string;
  name: string;
  /** How the key begins. */
  prefix: string;
  scopes: string[];
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
}

export interface Artifact {
  sha256: string;
  /** Bytes. */
  size: number;
  fileName: string;
  /** Where it came from, and the hash that vouched for it. */
  origin: string;
  importedAt: string;
}

export interface AuditEntry {
  id: string;
  action: string;
  actor: string;
  userId: string | null;
  instanceId: string | null;
  data: Record<string, unknown>;
  at: string;
  /** How often it happened from `at` to `until`; `data` is that of the last. */
  count: number;
  until: string | null;
}

export interface Backup {
  id: string;
  name: string;
  type: 'manual' | 'scheduled' | 'checkpoint';
  state: 'making' | 'complete' | 'failed' | 'damaged';
  /** Kept when older backups make room. */
  pinned: boolean;
  engine: 'archive';
  /** Where it lies: "this machine". */
  location: string;
  /** Whether it outlives the platform's machine. */
  remote: boolean;
  files: number;
  /** Of all files, before compression. */
  logicalBytes: number;
  /** Bytes in the storage. */
  storedBytes: number;
  /** Files that could not be read, links that lead out, and devices. */
  leftOut: number;
  /** How long the server did not save, or stood still. */
  quiescedMs: number;
  sha256: string | null;
  verifiedAt: string | null;
  error: { code: string; detail: string } | null;
  requestedBy: string;
  createdAt: string;
  finishedAt: string | null;
}

export interface BackupBegun {
  instance: Instance;
  operation: Operation;
  backupId: string;
}

/** Without plans `limits` is null, and nothing is limited. */
export interface Billing {
  plan: string | null;
  planName: string | null;
  subscriptionStatus:
    | 'none'
    | 'incomplete'
    | 'trialing'
    | 'active'
    | 'past-due'
    | 'unpaid'
    | 'ended';
  source: string | null;
  currentPeriodEnd: string | null;
  cancelAtPeriodEnd: boolean;
  scheduledPlan: string | null;
  scheduledPlanEffectiveAt: string | null;
  lastInvoicePaidAt: string | null;
  billingSyncedAt: string | null;
  limits: PlanLimits | null;
  usage: { instances: number; memoryMiB: number; diskMiB: number | null };
}

export interface BillingAccount {
  userId: string;
  plan: string | null;
  subscriptionStatus: string;
  source: string | null;
  currentPeriodEnd: string | null;
  cancelAtPeriodEnd: boolean;
}

export interface BillingRedirect {
  /** Where the browser goes now. */
  url: string;
}

export interface Capacity {
  /** Memory in MiB. */
  memoryMiB: {
    /** For servers, over-commitment included. */
    total: number;
    /** By the servers there are, running or not. */
    reserved: number;
    available: number;
  };
  /** Limits of disk in MiB. */
  diskMiB: {
    /** For servers, over-commitment included. */
    total: number;
    /** By the servers there are, running or not. */
    reserved: number;
    available: number;
  };
  /** Free on the disk now, beyond what the host keeps for itself; negative when it has not even that. */
  freeDiskMiB: number;
  /** Ports for games. */
  ports: {
    /** For servers, over-commitment included. */
    total: number;
    /** By the servers there are, running or not. */
    reserved: number;
    available: number;
  };
}

export interface Catalog {
  games: Game[];
}

export interface Crash {
  id?: string;
  at: string;
  reason:
    | 'out-of-memory'
    | 'signal'
    | 'exit-code'
    | 'never-ready'
    | 'port-taken'
    | 'disk-full'
    | 'artifact-damaged'
    | 'hung';
  detail: string;
  exitCode: number | null;
  signal: string | null;
  count: number;
  retryAt: string | null;
  gaveUp: boolean;
  probes?: ProbeWord[];
}

export interface CrashRecord {
  id: string;
  at: string;
  reason:
    | 'out-of-memory'
    | 'signal'
    | 'exit-code'
    | 'never-ready'
    | 'port-taken'
    | 'disk-full'
    | 'artifact-damaged'
    | 'hung';
  detail: string;
  exitCode: number | null;
  signal: string | null;
  count: number;
  retryAt: string | null;
  gaveUp: boolean;
  probes?: ProbeWord[];
  runId: string | null;
  startedAt: string | null;
  uptimeMs: number | null;
  wasReady: boolean;
  /** The last lines of the console. Null for callers who may not read it. */
  lastLines: string[] | null;
  complete: boolean;
}

export interface CreateDevInstance {
  /** The kind of instance. */
  kind: 'dev';
  /** For people; need not be unique. */
  name: string;
  /** Default: the usual amount for what is created. */
  memoryMiB?: number;
  cpuPercent?: number;
  processes?: number;
  diskMiB?: number;
  /** Each as `GET /api/catalog/runtimes` lists it. */
  runtimes: RuntimeChoice[];
}

export interface CreateGameInstance {
  /** The kind of instance. */
  kind: 'game';
  /** For people; need not be unique. */
  name: string;
  /** Default: the usual amount for what is created. */
  memoryMiB?: number;
  cpuPercent?: number;
  processes?: number;
  diskMiB?: number;
  game: string;
  variant: string;
  version: string;
}

export type CreateInstance = CreateGameInstance | CreateDevInstance;

export interface FileEntry {
  name: string;
  /** Relative to the instance’s folder, `/` between parts. Bytes of a name that are no UTF-8 are written as U+F700 + byte. */
  path: string;
  /** Links are never followed; "other" is a device, pipe or socket. */
  type: 'file' | 'folder' | 'link' | 'other';
  /** Bytes; 0 for what is no file. */
  size: number;
  modifiedAt: string;
  /** Permissions in octal: `644`. */
  mode: string;
  /** Changes with the content, the name and the permissions; of a folder, with what lies directly in it. Send it as `If-Match`. */
  etag: string;
  /** Of a link: the text it holds. */
  target?: string;
}

export interface FoundMod {
  project: string;
  slug: string | null;
  name: string;
  description: string;
  downloads: number;
  installed: boolean;
}

export interface Game {
  id: string;
  name: string;
  description: string;
  variants: Variant[];
}

export interface Hold {
  /** The plugin that holds it, or `administrator`. */
  source: string;
  /** Stable; for programs. */
  code: string;
  /** For people: why, and what ends it. */
  detail: string;
}

export interface HowToJoin {
  /** Names that lead to this server. */
  hosts: string[];
  address: string | null;
  direct: { host: string; port: number } | null;
  /** Players who join by name are sent to the server now. */
  routed: boolean;
  state: string;
}

export interface Instance {
  id: string;
  /** Short number; part of the host name. */
  vmid: number;
  /** `game`, `dev`: what it was created as. */
  kind: string;
  name: string;
  /** `mc-paper-5001` */
  hostname: string;
  game: string;
  variant: string;
  version: string;
  memoryMiB: number;
  cpuPercent: number | null;
  processes: number | null;
  diskMiB: number | null;
  desired: 'running' | 'stopped' | 'deleted';
  observed:
    | 'provisioning'
    | 'installing'
    | 'stopped'
    | 'starting'
    | 'running'
    | 'stopping'
    | 'crashed'
    | 'error'
    | 'unreachable';
  /** A probe succeeded: players can join. */
  ready: boolean;
  address: { host: string; port: number } | null;
  operation: Operation | null;
  /** Why it may not run. While there is one, starts are refused with its code. */
  holds: Hold[];
  ownerId: string;
  /** What the caller is to it: what one may do follows from it. */
  role: 'owner' | 'administrator' | 'viewer' | 'operator' | 'manager';
  since: string;
  createdAt: string;
}

export interface Invoice {
  id: string;
  number: string | null;
  /** `paid`, `open`, `void`, `uncollectible`, `draft` */
  status: string;
  /** In the currency's smallest unit. */
  amount: number;
  currency: string;
  createdAt: string;
  url: string | null;
}

export interface IssuedApiKey {
  id: string;
  name: string;
  /** How the key begins. */
  prefix: string;
  scopes: string[];
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
  /** The whole key; answered this once. */
  secret: string;
}

export interface Me {
  user: User;
  /** Null for API keys. */
  session: { id: string; expiresAt: string } | null;
  /** Everything the caller may do: role and, for keys, scopes. */
  permissions: string[];
}

export interface Mod {
  id: string;
  source: 'modrinth' | 'upload';
  /** Id at its publisher. */
  project: string;
  name: string;
  kind: 'mod' | 'plugin';
  version: string;
  versionId: string | null;
  /** In the files of the instance. */
  path: string;
  sha256: string | null;
  enabled: boolean;
  /** Updates leave it alone; a version that another mod needs does not. */
  pinned: boolean;
  requestedBy: 'user' | 'dependency';
  needs: { id: string; name: string }[];
  neededBy: { id: string; name: string }[];
  update: { id: string | null; version: string } | null;
  previous: { id: string | null; version: string } | null;
  installedAt: string;
}

export interface Operation {
  id: string;
  /** `instances.create` */
  kind: string;
  /** For people: "Creating Skyblock". */
  title: string;
  label: OperationLabel;
  instanceId: string | null;
  /** E-mail address of the person who asked, or the name of the program. */
  requestedBy: string;
  state: 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  phases: Phase[];
  attempt: number;
  cancellable: boolean;
  retriable: boolean;
  error: { code: string; detail: string } | null;
  result: Record<string, unknown> | null;
  createdAt: string;
  finishedAt: string | null;
}

export interface OperationLabel {
  /** "Creating" */
  doing: string;
  /** "Created" */
  done: string;
  /** "Creating failed" */
  failed: string;
}

export interface PasswordChanged {
  id: string;
  email: string;
  role: 'user' | 'administrator';
  createdAt: string;
  /** Since when nobody may come in with it; null: one may. */
  disabledAt: string | null;
  /** API keys do not end with a password: those that still work, and those revoked. */
  apiKeys: { kept: number; revoked: number };
}

export interface Permission {
  id: string;
  description: string;
  administrator: boolean;
}

export interface Phase {
  name: string;
  /** For people: "Install". */
  label: string;
  state: 'pending' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'skipped';
  progress: number | null;
  startedAt: string | null;
  finishedAt: string | null;
}

export interface Plan {
  /** Id of a plan. */
  id: string;
  name: string;
  price: {
    /** In the currency's smallest unit. */
    amount: number;
    /** `eur` */
    currency: string;
    interval: 'month' | 'year';
  };
  limits: PlanLimits;
  /** Whether it can be bought; else it is granted. */
  forSale: boolean;
}

/** Null: no limit. */
export interface PlanLimits {
  instances: number | null;
  memoryMiB: number | null;
  diskMiB: number | null;
}

export interface PortalCommand {
  /** The plugin that adds it. */
  plugin: string;
  id: string;
  order: number;
  label?: string;
  href?: string;
  icon?: string;
  /** Address of the module, below the platform’s own. */
  module?: string;
}

export interface PortalNotice {
  /** The plugin that adds it. */
  plugin: string;
  id: string;
  element: string;
  /** Address of the module, below the platform’s own. */
  module: string;
  order: number;
}

export interface PortalPage {
  /** The plugin that adds it. */
  plugin: string;
  id: string;
  label: string;
  /** `/servers/:instanceId/:tab?` */
  path: string;
  element: string;
  /** Address of the module, below the platform’s own. */
  module: string;
  order: number;
  /** For those who are not signed in. */
  public: boolean;
  navigation?: {
    icon?: string;
    tally?: {
      element: string;
      /** Address of the module, below the platform’s own. */
      module: string;
    };
  };
  under?: string;
  properties?: Record<string, string>;
}

export interface PortalParts {
  pages: PortalPage[];
  instanceTabs: PortalTab[];
  commands: PortalCommand[];
  notices: PortalNotice[];
}

export interface PortalTab {
  /** The plugin that adds it. */
  plugin: string;
  id: string;
  label: string;
  element: string;
  /** Address of the module, below the platform’s own. */
  module: string;
  order: number;
  when?: { kinds?: string[]; games?: string[] };
}

export interface ProbeWord {
  kind: string;
  port: string | null;
  ready: boolean;
  detail: string | null;
  since: string;
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  /** What is wrong and what to do, for people. */
  detail: string;
  /** Stable; for programs. */
  code: string;
  /** Finds the request in the log. */
  requestId: string;
  hint?: string;
  /** The faults of a 422. */
  errors?: { path: string; message: string }[];
  /** The one in the way, of a 409. */
  operation?: { id: string; kind: string };
}

export interface Provider {
  /** `local` */
  id: string;
  /** Null where the provider does not know. */
  capacity: Capacity | null;
  /** One sentence on a change that the host should make; null: none. */
  warning: string | null;
}

export interface RuntimeChoice {
  /** `node-24` */
  id: string;
  /** `24.21.0` */
  version: string;
}

export interface Schedule {
  id: string;
  instanceId: string;
  /** With whose rights it runs. */
  userId: string;
  name: string;
  enabled: boolean;
  /** Five fields (minute hour day month weekday), or `@daily` and its like. */
  cron: string;
  /** An IANA name such as `Europe/Berlin`. */
  timeZone: string;
  action: { kind: string; input: Record<string, unknown> };
  /** What becomes of a run that could not begin within ten minutes of its time: left out, or made up for once. */
  missed: 'skip' | 'run-once';
  nextAt: string | null;
  /** The next three times; none while it is off. */
  next: string[];
  last: {
    at: string;
    outcome:
      | 'running'
      | 'succeeded'
      | 'failed'
      | 'cancelled'
      | 'skipped'
      | 'missed'
      | 'conflict'
      | 'refused';
    operationId: string | null;
    error: { code: string; detail: string } | null;
  } | null;
  /** Runs in a row that could not begin. From the second on the next one is put off, by an hour at most. */
  failures: number;
  createdAt: string;
}

export interface Session {
  id: string;
  address: string;
  userAgent: string;
  createdAt: string;
  lastSeenAt: string;
  expiresAt: string;
}

export interface Sleep {
  /** Minutes without players after which the server stops. Null: it stays on. */
  afterMinutes: number | null;
  /** Who starts a sleeping server by joining it. */
  wakeBy: 'everyone' | 'nobody';
  /** Null while it does not sleep. */
  asleepSince: string | null;
}

export interface Upload {
  id: string;
  /** Relative to the instance’s folder, `/` between parts. Bytes of a name that are no UTF-8 are written as U+F700 + byte. */
  path: string;
  size: number;
  /** Bytes that have arrived; go on from here. */
  offset: number;
  /** The file is at its place. */
  complete: boolean;
  metadata: string;
  createdAt: string;
  expiresAt: string;
}

export interface User {
  id: string;
  email: string;
  role: 'user' | 'administrator';
  createdAt: string;
  /** Since when nobody may come in with it; null: one may. */
  disabledAt: string | null;
}

export interface Variant {
  id: string;
  name: string;
  description: string;
  /** The terms one accepts by creating a server of it. */
  eula: string | null;
  memoryMiB: { min: number; default: number; max: number };
  versions: Version[];
}

export interface Version {
  id: string;
  /** Id of the runtime it runs on: `java-21`. */
  runtime: string;
  recommended: boolean;
}

export interface WithdrawnConsent {
  code: string;
  detail: string;
  hint: string;
  path: string;
  terms: string | null;
}

type Json<T> = { content: { 'application/json': T } };
type Nothing = { content?: never };
type Refusal = { content: { 'application/problem+json': Problem } };

export interface paths {
  '/api/agents/backups/{backupId}': {
    /** Get the parts of a backup */
    get: {
      parameters: { path: { backupId: string } };
      responses: {
        200: Json<{ parts: { size: number; sha256: string }[]; bytes: number }>;
        default: Refusal;
      };
    };
  };
  '/api/agents/backups/{backupId}/complete': {
    /** Complete a backup */
    post: {
      parameters: { path: { backupId: string } };
      requestBody: Json<{
        attempt: string;
        parts: number;
        files: number;
        bytes: number;
        leftOut: number;
        quiescedMs: number;
      }>;
      responses: { 204: Nothing; default: Refusal };
    };
  };
  '/api/agents/backups/{backupId}/parts/{attempt}/{number}': {
    /** Store a part of a backup */
    put: {
      parameters: { path: { backupId: string; attempt: string; number: number } };
      requestBody: { content: { 'application/octet-stream': string } };
      responses: { 204: Nothing; default: Refusal };
    };
  };
  '/api/agents/backups/{backupId}/parts/{number}': {
    /** Get a part of a backup */
    get: {
      parameters: { path: { backupId: string; number: number } };
      responses: { 200: Nothing; default: Refusal };
    };
  };
  '/api/api-keys': {
    /** List your API keys, newest first */
    get: {
      parameters: {
        query?: {
          /** Entries on a page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
        };
      };
      responses: { 200: Json<{ items: ApiKey[]; nextCursor: string | null }>; default: Refusal };
    };

    /** Make an API key */
    post: {
      requestBody: Json<{
        name: string;
        /** Permissions, `instances.*`, or `*`. */
        scopes: string[];
        expiresAt?: string | null;
      }>;
      responses: { 201: Json<IssuedApiKey>; default: Refusal };
    };
  };
  '/api/api-keys/{id}': {
    /** Revoke an API key */
    delete: {
      parameters: { path: { id: string } };
      responses: { 204: Nothing; default: Refusal };
    };
  };
  '/api/artifacts': {
    /** Artifacts in store, newest first */
    get: {
      parameters: {
        query?: {
          /** Entries on a page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
        };
      };
      responses: { 200: Json<{ items: Artifact[]; nextCursor: string | null }>; default: Refusal };
    };
  };
  '/api/artifacts/{sha256}': {
    /** The content of an artifact */
    get: {
      parameters: {
        path: {
          /** SHA-256 of the content, 64 lower-case hex digits. */
          sha256: string;
        };
      };
      responses: { 200: Nothing; default: Refusal };
    };
  };
  '/api/audit': {
    /** List what was done, newest first */
    get: {
      parameters: {
        query?: {
          /** Entries on a page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
          userId?: string;
          instanceId?: string;
        };
      };
      responses: {
        200: Json<{ items: AuditEntry[]; nextCursor: string | null }>;
        default: Refusal;
      };
    };
  };
  '/api/auth/delete-account': {
    /** Delete your account */
    post: {
      requestBody: Json<{ password: string }>;
      responses: { 204: Nothing; default: Refusal };
    };
  };
  '/api/auth/login': {
    /** Sign in */
    post: {
      requestBody: Json<{ email: string; password: string }>;
      responses: { 200: Json<User>; default: Refusal };
    };
  };
  '/api/auth/logout': {
    /** Sign out */
    post: {
      responses: { 204: Nothing; default: Refusal };
    };
  };
  '/api/auth/me': {
    /** Who is asking, and what they may do */
    get: {
      responses: { 200: Json<Me>; default: Refusal };
    };
  };
  '/api/auth/password': {
    /** Change the password */
    post: {
      requestBody: Json<{
        current: string;
        /** At least 10 characters; a sentence is good. */
        password: string;
        /** Revoke all API keys of the user as well. */
        revokeApiKeys?: boolean;
      }>;
      responses: { 200: Json<PasswordChanged>; default: Refusal };
    };
  };
  '/api/auth/register': {
    /** Make an account and sign in */
    post: {
      requestBody: Json<{
        email: string;
        /** At least 10 characters; a sentence is good. */
        password: string;
      }>;
      responses: { 201: Json<User>; default: Refusal };
    };
  };
  '/api/auth/sessions': {
    /** Sign out everywhere */
    delete: {
      responses: { 204: Nothing; default: Refusal };
    };

    /** Where one is signed in */
    get: {
      responses: { 200: Json<{ items: Session[] }>; default: Refusal };
    };
  };
  '/api/auth/sessions/{id}': {
    /** Sign out in one place */
    delete: {
      parameters: { path: { id: string } };
      responses: { 204: Nothing; default: Refusal };
    };
  };
  '/api/auth/setup': {
    /** Become the first administrator */
    post: {
      requestBody: Json<{
        email: string;
        /** At least 10 characters; a sentence is good. */
        password: string;
        token: string;
      }>;
      responses: { 201: Json<User>; default: Refusal };
    };
  };
  '/api/billing': {
    /** Get your plan, what it includes and what you use */
    get: {
      responses: { 200: Json<Billing>; default: Refusal };
    };
  };
  '/api/billing/accounts/{userId}': {
    /** Get the plan of a user */
    get: {
      parameters: { path: { userId: string } };
      responses: { 200: Json<BillingAccount>; default: Refusal };
    };

    /** Grant a plan to a user, or take it back */
    put: {
      parameters: { path: { userId: string } };
      requestBody: Json<{ plan: string | null; until?: string | null }>;
      responses: { 200: Json<BillingAccount>; default: Refusal };
    };
  };
  '/api/billing/cancel': {
    /** Cancel your plan at the end of the period */
    post: {
      responses: { 200: Json<Billing>; default: Refusal };
    };
  };
  '/api/billing/checkout': {
    /** Buy a plan */
    post: {
      parameters: {
        header?: {
          /** Repeats with the same key get the first answer. */
          'Idempotency-Key'?: string;
        };
      };
      requestBody: Json<{ plan: string }>;
      responses: { 201: Json<BillingRedirect>; default: Refusal };
    };
  };
  '/api/billing/downgrade': {
    /** Take a scheduled change back */
    delete: {
      responses: { 200: Json<Billing>; default: Refusal };
    };

    /** Change to a smaller plan at the end of the period */
    post: {
      requestBody: Json<{ plan: string }>;
      responses: { 200: Json<Billing>; default: Refusal };
    };
  };
  '/api/billing/invoices': {
    /** List your newest invoices */
    get: {
      responses: { 200: Json<{ items: Invoice[] }>; default: Refusal };
    };
  };
  '/api/billing/plans': {
    /** List the plans on offer */
    get: {
      responses: { 200: Json<{ items: Plan[] }>; default: Refusal };
    };
  };
  '/api/billing/portal': {
    /** Open the page of your payment provider */
    post: {
      responses: { 200: Json<BillingRedirect>; default: Refusal };
    };
  };
  '/api/billing/resume': {
    /** Take a cancellation back */
    post: {
      responses: { 200: Json<Billing>; default: Refusal };
    };
  };
  '/api/billing/upgrade': {
    /** Change to a larger plan now, prorated */
    post: {
      requestBody: Json<{ plan: string }>;
      responses: { 200: Json<Billing>; default: Refusal };
    };
  };
  '/api/catalog/games': {
    /** Games on offer, with their variants and versions */
    get: {
      responses: { 200: Json<Catalog>; default: Refusal };
    };
  };
  '/api/catalog/runtimes': {
    /** Runtimes that games and dev environments run on */
    get: {
      responses: {
        200: Json<{ runtimes: { id: string; name: string; kind: string; version: string }[] }>;
        default: Refusal;
      };
    };
  };
  '/api/events': {
    /** Follow what happens, as server-sent events */
    get: {
      parameters: { header?: { 'last-event-id'?: string } };
      responses: { 200: Nothing; default: Refusal };
    };
  };
  '/api/instances': {
    /** List your instances, newest first; administrators see all */
    get: {
      parameters: {
        query?: {
          /** Entries on a page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
        };
      };
      responses: { 200: Json<{ items: Instance[]; nextCursor: string | null }>; default: Refusal };
    };

    /** Create an instance and start it */
    post: {
      parameters: {
        header?: {
          /** Repeats with the same key get the first answer. */
          'Idempotency-Key'?: string;
        };
      };
      requestBody: Json<CreateInstance>;
      responses: { 202: Json<{ instance: Instance; operation: Operation }>; default: Refusal };
    };
  };
  '/api/instances/{id}': {
    /** Delete an instance and everything in it */
    delete: {
      parameters: { path: { id: string } };
      responses: { 202: Json<{ instance: Instance; operation: Operation }>; default: Refusal };
    };

    /** Look at one instance */
    get: {
      parameters: { path: { id: string } };
      responses: { 200: Json<Instance>; default: Refusal };
    };
  };
  '/api/instances/{id}/actions': {
    /** What this game can be told, with the schema of each input */
    get: {
      parameters: { path: { id: string } };
      responses: {
        200: Json<{
          items: {
            name: string;
            title: string;
            description: string | null;
            input: {
              type: 'object';
              properties: Record<
                string,
                | {
                    type: 'string';
                    title?: string;
                    description?: string;
                    pattern: string;
                    patternErrorMessage?: string;
                    minLength?: number;
                    maxLength: number;
                  }
                | { type: 'string'; title?: string; description?: string; enum: string[] }
                | {
                    type: 'integer';
                    title?: string;
                    description?: string;
                    minimum?: number;
                    maximum?: number;
                  }
                | { type: 'boolean'; title?: string; description?: string }
              >;
              required?: string[];
              additionalProperties: false;
            };
          }[];
        }>;
        default: Refusal;
      };
    };
  };
  '/api/instances/{id}/actions/{action}': {
    /** Tell the game something, and wait until it has confirmed it */
    post: {
      parameters: { path: { id: string; action: string } };
      requestBody: Json<{ input?: Record<string, string | number | boolean> }>;
      responses: {
        200: Json<{ ok: true; result: Record<string, string | string[]> }>;
        default: Refusal;
      };
    };
  };
  '/api/instances/{id}/backups': {
    /** List the backups of an instance, newest first */
    get: {
      parameters: { path: { id: string } };
      responses: { 200: Json<{ items: Backup[]; nextCursor: null }>; default: Refusal };
    };

    /** Make a backup */
    post: {
      parameters: {
        header?: {
          /** Repeats with the same key get the first answer. */
          'Idempotency-Key'?: string;
        };
        path: { id: string };
      };
      requestBody: Json<{ name?: string }>;
      responses: { 202: Json<BackupBegun>; default: Refusal };
    };
  };
  '/api/instances/{id}/backups/{backupId}': {
    /** Delete a backup for good */
    delete: {
      parameters: { path: { id: string; backupId: string } };
      responses: { 204: Nothing; default: Refusal };
    };

    /** Get a backup */
    get: {
      parameters: { path: { id: string; backupId: string } };
      responses: { 200: Json<Backup>; default: Refusal };
    };

    /** Rename or pin a backup */
    patch: {
      parameters: { path: { id: string; backupId: string } };
      requestBody: Json<{ name?: string; pinned?: boolean }>;
      responses: { 200: Json<Backup>; default: Refusal };
    };
  };
  '/api/instances/{id}/backups/{backupId}/restore': {
    /** Restore a backup */
    post: {
      parameters: {
        header?: {
          /** Repeats with the same key get the first answer. */
          'Idempotency-Key'?: string;
        };
        path: { id: string; backupId: string };
      };
      responses: { 202: Json<BackupBegun>; default: Refusal };
    };
  };
  '/api/instances/{id}/console/commands': {
    /** Send one line to the console */
    post: {
      parameters: { path: { id: string } };
      requestBody: Json<{ command: string }>;
      responses: { 204: Nothing; default: Refusal };
    };
  };
  '/api/instances/{id}/crashes': {
    /** The crashes of an instance, newest first; the last thousand are kept */
    get: {
      parameters: {
        path: { id: string };
        query?: {
          /** Entries on a page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
        };
      };
      responses: {
        200: Json<{ items: CrashRecord[]; nextCursor: string | null }>;
        default: Refusal;
      };
    };
  };
  '/api/instances/{id}/files': {
    /** What is in a folder, in the order of the names */
    get: {
      parameters: {
        path: { id: string };
        query?: {
          /** Relative to the instance’s folder, `/` between parts. Bytes of a name that are no UTF-8 are written as U+F700 + byte. */
          path?: string;
          /** Entries on a page. */
          limit?: number;
          cursor?: string;
        };
      };
      responses: { 200: Json<{ items: FileEntry[]; nextCursor: string | null }>; default: Refusal };
    };
  };
  '/api/instances/{id}/files/actions/archive': {
    /** Pack files and folders into an archive */
    post: {
      parameters: {
        header?: {
          /** Repeats with the same key get the first answer. */
          'Idempotency-Key'?: string;
        };
        path: { id: string };
      };
      requestBody: Json<{
        /** Relative to the instance’s folder, `/` between parts. Bytes of a name that are no UTF-8 are written as U+F700 + byte. */
        path?: string;
        /** Instead of `path`: several files and folders, named from the folder in which all of them lie. */
        paths?: string[];
        /** Ends in .tar, .tar.gz, .tar.zst or .zip. */
        to: string;
      }>;
      responses: { 202: Json<{ instance: Instance; operation: Operation }>; default: Refusal };
    };
  };
  '/api/instances/{id}/files/actions/chmod': {
    /** Change the permissions of a file or folder */
    post: {
      parameters: { path: { id: string } };
      requestBody: Json<{
        /** Relative to the instance’s folder, `/` between parts. Bytes of a name that are no UTF-8 are written as U+F700 + byte. */
        path: string;
        /** In octal. */
        mode: string;
      }>;
      responses: { 200: Json<FileEntry>; default: Refusal };
    };
  };
  '/api/instances/{id}/files/actions/copy': {
    /** Copy a file or folder */
    post: {
      parameters: {
        header?: {
          /** Repeats with the same key get the first answer. */
          'Idempotency-Key'?: string;
        };
        path: { id: string };
      };
      requestBody: Json<{
        /** Relative to the instance’s folder, `/` between parts. Bytes of a name that are no UTF-8 are written as U+F700 + byte. */
        from: string;
        /** Relative to the instance’s folder, `/` between parts. Bytes of a name that are no UTF-8 are written as U+F700 + byte. */
        to: string;
      }>;
      responses: { 202: Json<{ instance: Instance; operation: Operation }>; default: Refusal };
    };
  };
  '/api/instances/{id}/files/actions/extract': {
    /** Unpack an archive of the instance into a folder */
    post: {
      parameters: {
        header?: {
          /** Repeats with the same key get the first answer. */
          'Idempotency-Key'?: string;
        };
        path: { id: string };
      };
      requestBody: Json<{
        /** Relative to the instance’s folder, `/` between parts. Bytes of a name that are no UTF-8 are written as U+F700 + byte. */
        path: string;
        /** A folder; made when it is missing. */
        to: string;
        /** Replace files that are there. Default: refuse. */
        overwrite?: boolean;
      }>;
      responses: { 202: Json<{ instance: Instance; operation: Operation }>; default: Refusal };
    };
  };
  '/api/instances/{id}/files/actions/mkdir': {
    /** Make a folder */
    post: {
      parameters: { path: { id: string } };
      requestBody: Json<{
        /** Relative to the instance’s folder, `/` between parts. Bytes of a name that are no UTF-8 are written as U+F700 + byte. */
        path: string;
      }>;
      responses: { 201: Json<FileEntry>; default: Refusal };
    };
  };
  '/api/instances/{id}/files/actions/rename': {
    /** Rename or move a file or folder */
    post: {
      parameters: { path: { id: string } };
      requestBody: Json<{
        /** Relative to the instance’s folder, `/` between parts. Bytes of a name that are no UTF-8 are written as U+F700 + byte. */
        from: string;
        /** Relative to the instance’s folder, `/` between parts. Bytes of a name that are no UTF-8 are written as U+F700 + byte. */
        to: string;
        /** Replace a file that is there. */
        overwrite?: boolean;
        /** The tag of `from`: only that version is renamed, else 409 `FILES_CHANGED`. */
        ifMatch?: string;
        /** The tag of a file at `to`: only that version is replaced, `overwrite` or not. */
        ifMatchTo?: string;
      }>;
      responses: { 200: Json<FileEntry>; default: Refusal };
    };
  };
  '/api/instances/{id}/files/archive': {
    /** A folder or file as an archive, made while it is sent */
    get: {
      parameters: {
        path: { id: string };
        query?: {
          /** Relative to the instance’s folder, `/` between parts. Bytes of a name that are no UTF-8 are written as U+F700 + byte. */
          path?: string;
          format?: 'tar.gz' | 'tar.zst' | 'tar' | 'zip';
        };
      };
      responses: { 200: Nothing; default: Refusal };
    };
  };
  '/api/instances/{id}/files/content': {
    /** Delete a file, or a folder with all that is in it */
    delete: {
      parameters: {
        path: { id: string };
        query: {
          /** Relative to the instance’s folder, `/` between parts. Bytes of a name that are no UTF-8 are written as U+F700 + byte. */
          path: string;
        };
      };
      responses: { 204: Nothing; default: Refusal };
    };

    /** The bytes of a file */
    get: {
      parameters: {
        path: { id: string };
        query: {
          /** Relative to the instance’s folder, `/` between parts. Bytes of a name that are no UTF-8 are written as U+F700 + byte. */
          path: string;
        };
      };
      responses: { 200: Nothing; default: Refusal };
    };

    /** Write a file */
    put: {
      parameters: {
        path: { id: string };
        query: {
          /** Relative to the instance’s folder, `/` between parts. Bytes of a name that are no UTF-8 are written as U+F700 + byte. */
          path: string;
        };
      };
      requestBody: { content: { 'application/octet-stream': string } };
      responses: { 200: Json<FileEntry>; 201: Json<FileEntry>; default: Refusal };
    };
  };
  '/api/instances/{id}/files/search': {
    /** Entries below a folder whose name contains a text */
    get: {
      parameters: {
        path: { id: string };
        query: {
          /** Relative to the instance’s folder, `/` between parts. Bytes of a name that are no UTF-8 are written as U+F700 + byte. */
          path?: string;
          name: string;
          /** Entries on a page. */
          limit?: number;
        };
      };
      responses: {
        200: Json<{
          items: FileEntry[];
          /** False when there is more than was looked at: search a folder below. */
          complete: boolean;
        }>;
        default: Refusal;
      };
    };
  };
  '/api/instances/{id}/grants': {
    /** With whom the instance is shared */
    get: {
      parameters: { path: { id: string } };
      responses: {
        200: Json<{
          items: {
            userId: string;
            email: string;
            /** viewer: sees state and operations. operator: also starts, stops and uses the console. manager: also files, mods and schedules. */
            role: 'viewer' | 'operator' | 'manager';
            createdAt: string;
          }[];
        }>;
        default: Refusal;
      };
    };

    /** Share the instance with a user, or change what they may do */
    put: {
      parameters: { path: { id: string } };
      requestBody: Json<{
        email: string;
        /** viewer: sees state and operations. operator: also starts, stops and uses the console. manager: also files, mods and schedules. */
        role: 'viewer' | 'operator' | 'manager';
      }>;
      responses: {
        200: Json<{
          userId: string;
          email: string;
          /** viewer: sees state and operations. operator: also starts, stops and uses the console. manager: also files, mods and schedules. */
          role: 'viewer' | 'operator' | 'manager';
          createdAt: string;
        }>;
        default: Refusal;
      };
    };
  };
  '/api/instances/{id}/grants/{userId}': {
    /** No longer share the instance with a user; anybody may give up what was shared with them */
    delete: {
      parameters: { path: { id: string; userId: string } };
      responses: { 204: Nothing; default: Refusal };
    };
  };
  '/api/instances/{id}/join': {
    /** Get how players join an instance */
    get: {
      parameters: { path: { id: string } };
      responses: { 200: Json<HowToJoin>; default: Refusal };
    };
  };
  '/api/instances/{id}/kill': {
    /** End the server at once; what it had not saved is lost */
    post: {
      parameters: { path: { id: string } };
      responses: { 202: Json<{ instance: Instance; operation: Operation }>; default: Refusal };
    };
  };
  '/api/instances/{id}/mods': {
    /** The mods or plugins of an instance, and which of them could be updated */
    get: {
      parameters: { path: { id: string } };
      responses: {
        200: Json<{
          items: Mod[];
          nextCursor: null;
          /** Whether the publisher could be asked for updates just now. */
          updatesKnown: boolean;
        }>;
        default: Refusal;
      };
    };

    /** Install a mod or plugin, and what it needs */
    post: {
      parameters: {
        header?: {
          /** Repeats with the same key get the first answer. */
          'Idempotency-Key'?: string;
        };
        path: { id: string };
      };
      requestBody: Json<{
        source: 'modrinth' | 'upload';
        project?: string;
        version?: string;
        /** Of a jar in the files of the instance; for `upload`. */
        path?: string;
      }>;
      responses: {
        202: Json<{
          instance: Instance;
          operation: Operation;
          /** The server runs: it takes the change over when it is started again. */
          restartNeeded: boolean;
          /** Pinned mods that move to a version which another mod needs. */
          movedPins: { id: string; name: string; from: string; to: string }[];
        }>;
        default: Refusal;
      };
    };
  };
  '/api/instances/{id}/mods/actions/update': {
    /** Update all mods or plugins that are not pinned */
    post: {
      parameters: { path: { id: string } };
      responses: {
        202: Json<{
          instance: Instance;
          operation: Operation;
          /** The server runs: it takes the change over when it is started again. */
          restartNeeded: boolean;
          /** Pinned mods that move to a version which another mod needs. */
          movedPins: { id: string; name: string; from: string; to: string }[];
        }>;
        default: Refusal;
      };
    };
  };
  '/api/instances/{id}/mods/search': {
    /** Look for mods or plugins that fit the loader and the version of an instance */
    get: {
      parameters: { path: { id: string }; query?: { query?: string; cursor?: string } };
      responses: { 200: Json<{ items: FoundMod[]; nextCursor: string | null }>; default: Refusal };
    };
  };
  '/api/instances/{id}/mods/{modId}': {
    /** Remove a mod or plugin, and what only it needed */
    delete: {
      parameters: {
        path: { id: string; modId: string };
        query?: {
          /** Removes those that need it, too. */
          dependents?: 'remove';
        };
      };
      responses: {
        202: Json<{
          instance: Instance;
          operation: Operation;
          /** The server runs: it takes the change over when it is started again. */
          restartNeeded: boolean;
          /** Pinned mods that move to a version which another mod needs. */
          movedPins: { id: string; name: string; from: string; to: string }[];
        }>;
        default: Refusal;
      };
    };

    /** Enable, disable, pin, update or roll back one mod or plugin */
    patch: {
      parameters: { path: { id: string; modId: string } };
      requestBody: Json<{
        enabled?: boolean;
        pinned?: boolean;
        version?: string;
        update?: true;
        rollBack?: true;
      }>;
      responses: {
        202: Json<{
          instance: Instance;
          operation: Operation;
          /** The server runs: it takes the change over when it is started again. */
          restartNeeded: boolean;
          /** Pinned mods that move to a version which another mod needs. */
          movedPins: { id: string; name: string; from: string; to: string }[];
        }>;
        default: Refusal;
      };
    };
  };
  '/api/instances/{id}/rebuild': {
    /** Install game and mods anew in its container, which is made again where it was lost, and start it */
    post: {
      parameters: { path: { id: string } };
      responses: { 202: Json<{ instance: Instance; operation: Operation }>; default: Refusal };
    };
  };
  '/api/instances/{id}/restart': {
    /** Stop the server gracefully and start it again */
    post: {
      parameters: { path: { id: string } };
      responses: { 202: Json<{ instance: Instance; operation: Operation }>; default: Refusal };
    };
  };
  '/api/instances/{id}/schedules': {
    /** List the schedules of an instance, oldest first */
    get: {
      parameters: { path: { id: string } };
      responses: { 200: Json<{ items: Schedule[] }>; default: Refusal };
    };

    /** Make a schedule; it runs with your rights */
    post: {
      parameters: {
        header?: {
          /** Repeats with the same key get the first answer. */
          'Idempotency-Key'?: string;
        };
        path: { id: string };
      };
      requestBody: Json<{
        name: string;
        enabled?: boolean;
        /** Five fields (minute hour day month weekday), or `@daily` and its like. */
        cron: string;
        /** An IANA name such as `Europe/Berlin`. */
        timeZone: string;
        action: { kind: string; input?: Record<string, unknown> };
        /** What becomes of a run that could not begin within ten minutes of its time: left out, or made up for once. */
        missed?: 'skip' | 'run-once';
      }>;
      responses: { 201: Json<Schedule>; default: Refusal };
    };
  };
  '/api/instances/{id}/schedules/{scheduleId}': {
    /** Delete a schedule; what it has begun goes on */
    delete: {
      parameters: { path: { id: string; scheduleId: string } };
      responses: { 204: Nothing; default: Refusal };
    };

    /** Change a schedule; from then on it runs with your rights */
    patch: {
      parameters: { path: { id: string; scheduleId: string } };
      requestBody: Json<{
        name?: string;
        enabled?: boolean;
        /** Five fields (minute hour day month weekday), or `@daily` and its like. */
        cron?: string;
        /** An IANA name such as `Europe/Berlin`. */
        timeZone?: string;
        action?: { kind: string; input?: Record<string, unknown> };
        /** What becomes of a run that could not begin within ten minutes of its time: left out, or made up for once. */
        missed?: 'skip' | 'run-once';
      }>;
      responses: { 200: Json<Schedule>; default: Refusal };
    };
  };
  '/api/instances/{id}/sleep': {
    /** Get when an instance goes to sleep, and whether it sleeps */
    get: {
      parameters: { path: { id: string } };
      responses: { 200: Json<Sleep>; default: Refusal };
    };

    /** Set when an instance goes to sleep */
    put: {
      parameters: { path: { id: string } };
      requestBody: Json<{
        /** Minutes without players after which the server stops. Null: it stays on. */
        afterMinutes: number | null;
        /** Who starts a sleeping server by joining it. */
        wakeBy?: 'everyone' | 'nobody';
      }>;
      responses: { 200: Json<Sleep>; default: Refusal };
    };
  };
  '/api/instances/{id}/start': {
    /** Start the server and wait until it is ready */
    post: {
      parameters: { path: { id: string } };
      responses: { 202: Json<{ instance: Instance; operation: Operation }>; default: Refusal };
    };
  };
  '/api/instances/{id}/status': {
    /** Ask the agent how the instance is right now */
    get: {
      parameters: { path: { id: string } };
      responses: { 200: Json<AgentStatus>; default: Refusal };
    };
  };
  '/api/instances/{id}/stop': {
    /** Stop the server gracefully */
    post: {
      parameters: { path: { id: string } };
      responses: { 202: Json<{ instance: Instance; operation: Operation }>; default: Refusal };
    };
  };
  '/api/instances/{id}/suspension': {
    /** End the suspension of an instance; it stays stopped */
    delete: {
      parameters: { path: { id: string } };
      responses: { 200: Json<Instance>; default: Refusal };
    };

    /** Suspend an instance: stop it, and refuse every start */
    put: {
      parameters: { path: { id: string } };
      requestBody: Json<{
        /** For the owner: why, and what ends it. */
        detail: string;
      }>;
      responses: { 200: Json<Instance>; default: Refusal };
    };
  };
  '/api/instances/{id}/update-agent': {
    /** Bring the agent of an instance to the release of this platform; its server runs on */
    post: {
      parameters: { path: { id: string } };
      responses: { 202: Json<{ instance: Instance; operation: Operation }>; default: Refusal };
    };
  };
  '/api/instances/{id}/uploads': {
    /** Uploads under way, and those that ended lately */
    get: {
      parameters: { path: { id: string } };
      responses: { 200: Json<{ items: Upload[]; nextCursor: null }>; default: Refusal };
    };

    /** What the uploads here can do (tus) */
    options: {
      parameters: { path: { id: string } };
      responses: { 200: Nothing; default: Refusal };
    };

    /** Begin an upload (tus) */
    post: {
      parameters: { path: { id: string } };
      requestBody: { content: { 'application/octet-stream': string } };
      responses: { 200: Nothing; default: Refusal };
    };
  };
  '/api/instances/{id}/uploads/{uploadId}': {
    /** Give an upload up (tus) */
    delete: {
      parameters: { path: { id: string; uploadId: string } };
      responses: { 200: Nothing; default: Refusal };
    };

    /** Go on with an upload (tus) */
    patch: {
      parameters: { path: { id: string; uploadId: string } };
      requestBody: { content: { 'application/octet-stream': string } };
      responses: { 200: Nothing; default: Refusal };
    };
  };
  '/api/instances/{id}/uptime': {
    /** When an instance was ready, running, stopped, crashed or not to be reached */
    get: {
      parameters: {
        path: { id: string };
        query?: {
          /** Default: seven days before `to`. */
          from?: string;
          /** Default: now. */
          to?: string;
        };
      };
      responses: {
        200: Json<{
          from: string;
          to: string;
          readyShare: number | null;
          seconds: {
            ready: number;
            running: number;
            stopped: number;
            crashed: number;
            unreachable: number;
            unobserved: number;
          };
          periods: {
            state: 'ready' | 'running' | 'stopped' | 'crashed' | 'unreachable' | 'unobserved';
            from: string;
            to: string | null;
          }[];
        }>;
        default: Refusal;
      };
    };
  };
  '/api/instances/{id}/usage': {
    /** What an instance used: by the minute for a day, by the hour for thirty */
    get: {
      parameters: {
        path: { id: string };
        query?: {
          /** Default: an hour before `to`. */
          from?: string;
          /** Default: now. */
          to?: string;
        };
      };
      responses: {
        200: Json<{
          from: string;
          to: string;
          resolution: 'minute' | 'hour';
          samples: {
            at: string;
            memoryBytes: { average: number; most: number };
            cpuPercent: { average: number; most: number } | null;
            players: number | null;
            diskBytes: number | null;
          }[];
        }>;
        default: Refusal;
      };
    };
  };
  '/api/operations': {
    /** List operations, newest first */
    get: {
      parameters: {
        query?: {
          /** Entries on a page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
          instanceId?: string;
          state?: 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
        };
      };
      responses: { 200: Json<{ items: Operation[]; nextCursor: string | null }>; default: Refusal };
    };
  };
  '/api/operations/{id}': {
    /** Look at one operation */
    get: {
      parameters: { path: { id: string } };
      responses: { 200: Json<Operation>; default: Refusal };
    };
  };
  '/api/operations/{id}/cancel': {
    /** Cancel an operation; what it did is taken back */
    post: {
      parameters: { path: { id: string } };
      responses: { 202: Json<{ operation: Operation }>; default: Refusal };
    };
  };
  '/api/operations/{id}/retry': {
    /** Retry an operation that failed, from the phase that failed */
    post: {
      parameters: { path: { id: string } };
      responses: { 202: Json<{ operation: Operation }>; default: Refusal };
    };
  };
  '/api/permissions': {
    /** What one may do, and give to API keys */
    get: {
      responses: { 200: Json<{ items: Permission[] }>; default: Refusal };
    };
  };
  '/api/portal/parts': {
    /** List the pages, tabs, commands and notices of the portal for the caller */
    get: {
      responses: { 200: Json<PortalParts>; default: Refusal };
    };
  };
  '/api/providers': {
    /** List providers with what their machines have left */
    get: {
      responses: { 200: Json<{ items: Provider[] }>; default: Refusal };
    };
  };
  '/api/routing/routes': {
    /** List the routes by which players are led */
    get: {
      responses: {
        200: Json<{
          revision: number;
          routes: {
            instanceId: string;
            name: string;
            hosts: string[];
            state: string;
            speaksTcp: boolean;
            target: { host: string; port: number } | null;
          }[];
          consumers: {
            id: string;
            port: number | null;
            /** Of the routes in force there. */
            revision: number;
            connections: number;
          }[];
        }>;
        default: Refusal;
      };
    };
  };
  '/api/users': {
    /** List users, newest first */
    get: {
      parameters: {
        query?: {
          /** Entries on a page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
        };
      };
      responses: { 200: Json<{ items: User[]; nextCursor: string | null }>; default: Refusal };
    };

    /** Make an account for somebody */
    post: {
      requestBody: Json<{
        email: string;
        /** At least 10 characters; a sentence is good. */
        password: string;
        role?: 'user' | 'administrator';
      }>;
      responses: { 201: Json<User>; default: Refusal };
    };
  };
  '/api/users/{id}': {
    /** Delete an account */
    delete: {
      parameters: { path: { id: string } };
      responses: { 204: Nothing; default: Refusal };
    };

    /** Change the role of a user */
    patch: {
      parameters: { path: { id: string } };
      requestBody: Json<{ role: 'user' | 'administrator' }>;
      responses: { 200: Json<User>; default: Refusal };
    };
  };
  '/api/users/{id}/disable': {
    /** Disable an account */
    post: {
      parameters: { path: { id: string } };
      responses: { 200: Json<User>; default: Refusal };
    };
  };
  '/api/users/{id}/enable': {
    /** Enable an account */
    post: {
      parameters: { path: { id: string } };
      responses: { 200: Json<User>; default: Refusal };
    };
  };
  '/api/users/{id}/password': {
    /** Set the password of a user */
    post: {
      parameters: { path: { id: string } };
      requestBody: Json<{
        /** At least 10 characters; a sentence is good. */
        password: string;
        /** Revoke all API keys of the user as well. */
        revokeApiKeys?: boolean;
      }>;
      responses: { 200: Json<PasswordChanged>; default: Refusal };
    };
  };
  '/health/live': {
    /** Whether the process runs */
    get: {
      responses: { 200: Json<{ status: 'live' }>; default: Refusal };
    };
  };
  '/health/ready': {
    /** Whether the platform can serve */
    get: {
      responses: {
        200: Json<{
          status: 'ready';
          checks: { name: string; ok: boolean; detail: string | null }[];
        }>;
        default: Refusal;
      };
    };
  };
  '/metrics': {
    /** The figures of this process, in the text format of Prometheus */
    get: {
      responses: { 200: Nothing; default: Refusal };
    };
  };
  '/metrics/instances/{id}': {
    /** The figures of one agent and its game, in the text format of Prometheus */
    get: {
      parameters: { path: { id: string } };
      responses: { 200: Nothing; default: Refusal };
    };
  };
  '/metrics/targets': {
    /** Whose figures there are, for the HTTP service discovery of Prometheus */
    get: {
      responses: {
        200: Json<{ targets: string[]; labels: Record<string, string> }[]>;
        default: Refusal;
      };
    };
  };
}
