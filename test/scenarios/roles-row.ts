/** What a row of the table of routes consists of, and the answers that many of them share. */
import { randomUUID } from 'node:crypto';
import type { Caller, People } from '../support/callers.ts';
import type { Accepted, ApiClient, Instance, Operation } from '../support/client.ts';
import type { TestPlatform } from '../support/platform.ts';
import { broken } from '../support/stand-in-game.ts';

export type Statuses = Readonly<Record<Caller, number>>;

export interface World extends People {
  readonly platform: TestPlatform;
  /** The owner's, running. */
  readonly instance: Instance;
  readonly operation: Operation;
  readonly sha256: string;
}

/** What one caller is to send, on something made for it alone where the route changes something. */
export interface Sent {
  readonly path: string;
  readonly body?: unknown;
  /** Takes away what only this request needed. */
  after?(): Promise<unknown>;
}

export interface Row {
  readonly permission?: string;
  readonly holder?: 'owner' | 'administrator';
  readonly answers: Statuses;
  send(world: World): Sent | Promise<Sent>;
}

export const each = (status: number): Record<Caller, number> => ({
  anonymous: status,
  signedOut: status,
  other: status,
  viewer: status,
  operator: status,
  manager: status,
  owner: status,
  administrator: status,
  narrow: status,
  fitting: status,
  expired: 401,
  revoked: 401,
  agent: 403,
});
export const open = (status: number, but: Partial<Statuses> = {}): Statuses => ({
  ...each(status),
  ...but,
});
const strangers = { anonymous: 401, signedOut: 401, expired: 401, revoked: 401, agent: 403 };
export const signedIn = (status: number, but: Partial<Statuses> = {}): Statuses => ({
  ...each(status),
  ...strangers,
  ...but,
});
export const bySession = (status: number, but: Partial<Statuses> = {}): Statuses =>
  signedIn(status, { narrow: 403, fitting: 403, ...but });
export const permitted = (status: number, but: Partial<Statuses> = {}): Statuses =>
  signedIn(status, { narrow: 403, ...but });
/** Things that belong to somebody: for others they do not exist, and nobody can be let in. */
export const alone = { other: 404, viewer: 404, operator: 404, manager: 404 };
/**
 * Of an instance that is shared: the owner may, and those from this role on; the others see it, and may
 * not.
 */
export const from = (
  least: 'viewer' | 'operator' | 'manager' | 'owner',
  status: number,
): Statuses =>
  permitted(status, {
    other: 404,
    ...(least === 'viewer' ? {} : { viewer: 403 }),
    ...(least === 'viewer' || least === 'operator' ? {} : { operator: 403 }),
    ...(least === 'owner' ? { manager: 403 } : {}),
  });
/** Even the administrator has no business with it. */
export const personal = (status: number): Statuses =>
  permitted(status, { ...alone, administrator: 404 });
export const forAdministrators = (status: number): Statuses =>
  permitted(status, { other: 403, owner: 403, viewer: 403, operator: 403, manager: 403 });
export const forAgents = (status: number): Statuses => ({
  ...each(403),
  anonymous: 401,
  signedOut: 401,
  agent: status,
});

/** With one user of each role. */
export async function share(owner: ApiClient, instanceId: string): Promise<void> {
  for (const role of ['viewer', 'operator', 'manager'])
    await owner.ask('PUT', `/api/instances/${instanceId}/grants`, {
      email: `${role}@example.org`,
      role,
    });
}

export async function failed({ owner }: World): Promise<Accepted> {
  const made = await owner.ask<Accepted>('POST', '/api/instances', { ...broken, name: 'Broken' });
  await share(owner, made.instance.id);
  await owner.untilOver(made.operation.id);
  return made;
}

export const onFailed = (
  permission: string,
  least: Parameters<typeof from>[0],
  path: (made: Accepted) => string,
): Row => ({
  permission,
  answers: from(least, 202),
  send: async (world) => ({ path: path(await failed(world)) }),
});

export const schedule = {
  name: 'Mornings',
  cron: '0 6 * * *',
  timeZone: 'UTC',
  enabled: false,
  action: { kind: 'start' },
} as const;

/** On a schedule of its own. */
export const onSchedule = (status: number, but: Partial<Statuses>, body?: unknown): Row => ({
  permission: 'schedules.write',
  answers: { ...from('manager', status), ...but },
  async send({ owner, instance }) {
    const schedules = `/api/instances/${instance.id}/schedules`;
    const { id } = await owner.ask<{ id: string }>('POST', schedules, schedule);
    const path = `${schedules}/${id}`;
    const after = () => owner.request('DELETE', path);
    return { path, after, ...(body === undefined ? {} : { body }) };
  },
});

/** On an account of its own. */
export const onNewUser = (status: number, action = '', body?: unknown): Row => ({
  permission: 'accounts.manage',
  holder: 'administrator',
  answers: forAdministrators(status),
  async send({ platform }) {
    const { id } = await platform.anonymous().ask<{ id: string }>('POST', '/api/auth/register', {
      email: `${randomUUID()}@example.org`,
      password: 'a long enough password',
    });
    return { path: `/api/users/${id}${action}`, ...(body === undefined ? {} : { body }) };
  },
});

export const at = (
  path: string | ((world: World) => string),
  answers: Statuses,
  more: Partial<Row> & { readonly body?: unknown } = {},
): Row => {
  const { body, ...rest } = more;
  return {
    answers,
    ...rest,
    send: (world) => ({
      path: typeof path === 'string' ? path : path(world),
      ...(body === undefined ? {} : { body }),
    }),
  };
};

export const onFiles = (path: string, answers: Statuses): Row =>
  at(({ instance }) => `/api/instances/${instance.id}/files${path}`, answers, {
    permission: 'files.read',
  });

/** With a name that nothing has yet. */
export const onNewFile = (answers: Statuses, send: (path: string) => Sent): Row => ({
  permission: 'files.write',
  answers,
  send({ instance }) {
    const { path, ...rest } = send(randomUUID());
    return { path: `/api/instances/${instance.id}/files${path}`, ...rest };
  },
});

/** With a file of its own. */
export const onFile = (answers: Statuses, send: (path: string) => Sent): Row => ({
  permission: 'files.write',
  answers,
  async send({ owner, instance }) {
    const files = `/api/instances/${instance.id}/files`;
    const name = randomUUID();
    await owner.ask('PUT', `${files}/content?path=${name}`, 'content');
    const { path, ...rest } = send(name);
    return { path: files + path, ...rest };
  },
});

/** The game takes no mods, so 409 is what those are told who may. */
export const onMods = (
  right: 'read' | 'write',
  answers: Statuses,
  path = '',
  body?: unknown,
): Row =>
  at(({ instance }) => `/api/instances/${instance.id}/mods${path}`, answers, {
    permission: `mods.${right}`,
    body,
  });

/** The operation is one at a time: each is over before the next asks. */
export const onFileWork = (action: 'copy' | 'extract' | 'archive'): Row => ({
  permission: 'files.write',
  answers: from('manager', 202),
  async send({ owner, instance }) {
    const files = `/api/instances/${instance.id}/files`;
    const to = randomUUID();
    const body = {
      copy: { from: 'server.properties', to },
      extract: { path: 'no-archive', to },
      archive: { path: '', to: `${to}.tar` },
    }[action];
    const after = () =>
      owner.until(
        () => owner.instance(instance.id),
        ({ operation }) => operation === null,
      );
    return { path: `${files}/actions/${action}`, body, after };
  },
});

export const onUploads = (status: number, path = ''): Row =>
  at(({ instance }) => `/api/instances/${instance.id}/uploads${path}`, from('manager', status), {
    permission: 'files.write',
  });
