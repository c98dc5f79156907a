/** Who may call which route, and what each is answered: the table of `roles.test.ts`. */
import { randomUUID } from 'node:crypto';
import * as assert from 'uvu/assert';
import type { Accepted } from '../support/client.ts';
import { broken, endless } from '../support/stand-in-game.ts';
import {
  open,
  signedIn,
  bySession,
  permitted,
  alone,
  from,
  personal,
  forAdministrators,
  forAgents,
  onFailed,
  schedule,
  onSchedule,
  onNewUser,
  at,
  onFiles,
  onNewFile,
  onFile,
  onMods,
  onFileWork,
  onUploads,
  type Row,
} from './roles-row.ts';
import { administered } from './roles-administered.ts';
import { backups } from './roles-backups.ts';
import { billing } from './roles-billing.ts';
import { routing } from './roles-routing.ts';

const administrator = 'administrator' as const;
const wrongPassword = { email: 'nobody@example.org', password: 'a wrong password' };

export const routes: Readonly<Record<string, Row>> = {
  'GET /health/live': at('/health/live', open(200)),
  'GET /health/ready': at('/health/ready', open(200)),
  'POST /api/auth/register': {
    answers: open(201),
    send: () => ({
      path: '/api/auth/register',
      body: { email: `${randomUUID()}@example.org`, password: 'a long enough password' },
    }),
  },
  'POST /api/auth/login': {
    answers: open(401),
    // Somebody else each time: attempts on one address are counted.
    send: () => ({
      path: '/api/auth/login',
      body: { ...wrongPassword, email: `${randomUUID()}@example.org` },
    }),
  },
  'POST /api/auth/setup': at('/api/auth/setup', open(403), {
    body: { ...wrongPassword, token: 'not the token' },
  }),
  'POST /api/auth/password': at('/api/auth/password', bySession(422), {
    body: { current: 'a wrong password', password: 'a long enough password' },
  }),
  'POST /api/auth/delete-account': at('/api/auth/delete-account', bySession(422), {
    body: { password: 'a wrong password' },
  }),
  'GET /api/auth/me': at('/api/auth/me', open(200, { anonymous: 401, signedOut: 401 })),
  'POST /api/auth/logout': {
    answers: open(204),
    send: () => ({ path: '/api/auth/logout' }),
  },
  'GET /api/auth/sessions': at('/api/auth/sessions', bySession(200)),
  'DELETE /api/auth/sessions/{id}': {
    answers: bySession(404, { owner: 204 }),
    async send({ platform }) {
      const again = await platform
        .anonymous()
        .signIn('owner@example.org', 'the password of the owner');
      const { session } = await again.ask<{ session: { id: string } }>('GET', '/api/auth/me');
      return { path: `/api/auth/sessions/${session.id}` };
    },
  },
  'GET /api/permissions': at('/api/permissions', signedIn(200)),
  'GET /api/api-keys': at('/api/api-keys', permitted(200), { permission: 'accounts.keys' }),
  'POST /api/api-keys': at('/api/api-keys', permitted(201), {
    permission: 'accounts.keys',
    body: { name: 'a key', scopes: ['accounts.keys'] },
  }),
  'DELETE /api/api-keys/{id}': {
    permission: 'accounts.keys',
    answers: personal(204),
    async send({ owner }) {
      const { id } = await owner.ask<{ id: string }>('POST', '/api/api-keys', {
        name: 'to be revoked',
        scopes: ['catalog.read'],
      });
      return { path: `/api/api-keys/${id}` };
    },
  },
  'GET /api/users': at('/api/users', forAdministrators(200), {
    permission: 'accounts.users',
    holder: administrator,
  }),
  'POST /api/users': {
    permission: 'accounts.roles',
    holder: administrator,
    answers: forAdministrators(201),
    send: async () => ({
      path: '/api/users',
      body: {
        email: `${crypto.randomUUID()}@example.org`,
        password: 'a password of their own',
      },
    }),
  },
  'PATCH /api/users/{id}': {
    permission: 'accounts.roles',
    holder: administrator,
    answers: forAdministrators(200),
    async send({ other }) {
      const { user } = await other.ask<{ user: { id: string } }>('GET', '/api/auth/me');
      return { path: `/api/users/${user.id}`, body: { role: 'user' } };
    },
  },
  'POST /api/users/{id}/disable': onNewUser(200, '/disable'),
  'POST /api/users/{id}/enable': onNewUser(200, '/enable'),
  'POST /api/users/{id}/password': onNewUser(200, '/password', {
    password: 'a long enough password',
  }),
  'DELETE /api/users/{id}': onNewUser(204),
  'GET /api/audit': at('/api/audit', forAdministrators(200), {
    permission: 'accounts.audit',
    holder: administrator,
  }),
  'GET /api/providers': at('/api/providers', forAdministrators(200), {
    permission: 'instances.capacity',
    holder: administrator,
  }),
  'GET /metrics': at('/metrics', forAdministrators(200), {
    permission: 'metrics.read',
    holder: administrator,
  }),
  'GET /metrics/targets': at('/metrics/targets', forAdministrators(200), {
    permission: 'metrics.read',
    holder: administrator,
  }),
  'GET /metrics/instances/{id}': at(
    ({ instance }) => `/metrics/instances/${instance.id}`,
    forAdministrators(200),
    { permission: 'metrics.read', holder: administrator },
  ),
  'GET /api/events': at('/api/events', permitted(200), { permission: 'events.read' }),
  'GET /api/catalog/games': at('/api/catalog/games', permitted(200), {
    permission: 'catalog.read',
  }),
  'GET /api/catalog/runtimes': at('/api/catalog/runtimes', permitted(200), {
    permission: 'catalog.read',
  }),
  'GET /api/artifacts': at('/api/artifacts', forAdministrators(200), {
    permission: 'catalog.manage',
    holder: administrator,
  }),
  'GET /api/artifacts/{sha256}': at(
    ({ sha256 }) => `/api/artifacts/${sha256}`,
    { ...forAdministrators(200), agent: 200 },
    { permission: 'catalog.manage', holder: administrator },
  ),
  'GET /api/operations': at('/api/operations', permitted(200), { permission: 'operations.read' }),
  'GET /api/operations/{id}': at(
    ({ operation }) => `/api/operations/${operation.id}`,
    from('viewer', 200),
    {
      permission: 'operations.read',
    },
  ),
  'POST /api/operations/{id}/retry': onFailed(
    'operations.write',
    'owner', // it is a creation
    ({ operation }) => `/api/operations/${operation.id}/retry`,
  ),
  'POST /api/operations/{id}/cancel': {
    permission: 'operations.write',
    answers: { ...permitted(202), ...alone },
    async send({ owner }) {
      const { operation } = await owner.ask<Accepted>('POST', '/api/instances', {
        ...endless,
        name: 'Endless',
      });
      await owner.until(
        () => owner.operation(operation.id),
        ({ state }) => state === 'running',
      );
      const path = `/api/operations/${operation.id}/cancel`;
      const after = async () => {
        await owner.request('POST', path);
        assert.is((await owner.untilOver(operation.id)).state, 'cancelled');
      };
      return { path, after };
    },
  },
  'GET /api/instances': at('/api/instances', permitted(200), { permission: 'instances.read' }),
  'POST /api/instances': at('/api/instances', permitted(202), {
    permission: 'instances.write',
    body: { ...broken, name: 'Wanted' },
  }),
  'GET /api/instances/{id}': at(
    ({ instance }) => `/api/instances/${instance.id}`,
    from('viewer', 200),
    {
      permission: 'instances.read',
    },
  ),
  'GET /api/instances/{id}/status': at(
    ({ instance }) => `/api/instances/${instance.id}/status`,
    from('viewer', 200),
    { permission: 'instances.read' },
  ),
  'DELETE /api/instances/{id}': onFailed(
    'instances.write',
    'owner',
    ({ instance }) => `/api/instances/${instance.id}`,
  ),
  'POST /api/instances/{id}/start': onFailed(
    'instances.control',
    'operator',
    ({ instance }) => `/api/instances/${instance.id}/start`,
  ),
  'POST /api/instances/{id}/stop': onFailed(
    'instances.control',
    'operator',
    ({ instance }) => `/api/instances/${instance.id}/stop`,
  ),
  'POST /api/instances/{id}/restart': onFailed(
    'instances.control',
    'operator',
    ({ instance }) => `/api/instances/${instance.id}/restart`,
  ),
  'POST /api/instances/{id}/rebuild': onFailed(
    'instances.write',
    'owner',
    ({ instance }) => `/api/instances/${instance.id}/rebuild`,
  ),
  'POST /api/instances/{id}/kill': onFailed(
    'instances.control',
    'operator',
    ({ instance }) => `/api/instances/${instance.id}/kill`,
  ),
  'POST /api/instances/{id}/console/commands': at(
    ({ instance }) => `/api/instances/${instance.id}/console/commands`,
    from('operator', 204),
    { permission: 'instances.console', body: { command: 'list' } },
  ),
  'GET /api/instances/{id}/crashes': at(
    ({ instance }) => `/api/instances/${instance.id}/crashes`,
    from('viewer', 200),
    { permission: 'instances.read' },
  ),
  'GET /api/instances/{id}/uptime': at(
    ({ instance }) => `/api/instances/${instance.id}/uptime`,
    from('viewer', 200),
    { permission: 'instances.read' },
  ),
  'GET /api/instances/{id}/usage': at(
    ({ instance }) => `/api/instances/${instance.id}/usage`,
    from('viewer', 200),
    { permission: 'instances.read' },
  ),
  'GET /api/instances/{id}/actions': at(
    ({ instance }) => `/api/instances/${instance.id}/actions`,
    from('operator', 200),
    { permission: 'instances.actions' },
  ),
  'POST /api/instances/{id}/actions/{action}': at(
    ({ instance }) => `/api/instances/${instance.id}/actions/no-such-action`,
    from('operator', 404),
    { permission: 'instances.actions', body: {} },
  ),
  'GET /api/instances/{id}/console': at(
    ({ instance }) => `/api/instances/${instance.id}/console`,
    from('operator', 101),
    { permission: 'instances.console' },
  ),
  ...administered,
  ...backups,
  ...billing,
  ...routing,
  'GET /api/portal/parts': at('/api/portal/parts', open(200)),
  'GET /api/instances/{id}/schedules': at(
    ({ instance }) => `/api/instances/${instance.id}/schedules`,
    from('operator', 200),
    { permission: 'schedules.read' },
  ),
  'POST /api/instances/{id}/schedules': at(
    ({ instance }) => `/api/instances/${instance.id}/schedules`,
    // A key needs the scope of what the schedule does as well.
    { ...from('manager', 201), fitting: 403 },
    { permission: 'schedules.write', body: schedule },
  ),
  'PATCH /api/instances/{id}/schedules/{scheduleId}': onSchedule(
    200,
    { fitting: 403 },
    { name: 'Evenings' },
  ),
  'DELETE /api/instances/{id}/schedules/{scheduleId}': onSchedule(204, {}),
  'GET /api/instances/{id}/grants': at(
    ({ instance }) => `/api/instances/${instance.id}/grants`,
    from('owner', 200),
    { permission: 'instances.share' },
  ),
  'PUT /api/instances/{id}/grants': at(
    ({ instance }) => `/api/instances/${instance.id}/grants`,
    from('owner', 200),
    { permission: 'instances.share', body: { email: 'viewer@example.org', role: 'viewer' } },
  ),
  'DELETE /api/instances/{id}/grants/{userId}': {
    permission: 'instances.read',
    // A key needs the scope to share as well, unless it gives up what was granted to its own user.
    answers: { ...from('owner', 204), other: 204, fitting: 403 },
    async send({ owner, instance }) {
      const grants = `/api/instances/${instance.id}/grants`;
      const body = { email: 'other@example.org', role: 'viewer' };
      const { userId } = await owner.ask<{ userId: string }>('PUT', grants, body);
      const path = `${grants}/${userId}`;
      return { path, after: () => owner.request('DELETE', path) };
    },
  },
  'GET /api/instances/{id}/files': onFiles('', from('operator', 200)),
  'GET /api/instances/{id}/files/search': onFiles('/search?name=e', from('operator', 200)),
  'GET /api/instances/{id}/files/content': onFiles(
    '/content?path=server.properties',
    from('operator', 200),
  ),
  'GET /api/instances/{id}/files/archive': onFiles('/archive?format=tar', from('operator', 200)),
  'PUT /api/instances/{id}/files/content': onNewFile(from('manager', 201), (path) => ({
    path: `/content?path=${path}`,
    body: {},
  })),
  'DELETE /api/instances/{id}/files/content': onFile(from('manager', 204), (path) => ({
    path: `/content?path=${path}`,
  })),
  'POST /api/instances/{id}/files/actions/mkdir': onNewFile(from('manager', 201), (path) => ({
    path: '/actions/mkdir',
    body: { path },
  })),
  'POST /api/instances/{id}/files/actions/rename': onFile(from('manager', 200), (path) => ({
    path: '/actions/rename',
    body: { from: path, to: `${path}-renamed` },
  })),
  'POST /api/instances/{id}/files/actions/chmod': onFile(from('manager', 200), (path) => ({
    path: '/actions/chmod',
    body: { path, mode: '600' },
  })),
  'GET /api/instances/{id}/mods': onMods('read', from('operator', 409)),
  'GET /api/instances/{id}/mods/search': onMods('read', from('operator', 409), '/search'),
  'POST /api/instances/{id}/mods': onMods('write', from('manager', 409), '', {
    source: 'modrinth',
    project: 'castles',
  }),
  'POST /api/instances/{id}/mods/actions/update': onMods(
    'write',
    from('manager', 409),
    '/actions/update',
  ),
  'PATCH /api/instances/{id}/mods/{modId}': onMods(
    'write',
    from('manager', 409),
    `/${randomUUID()}`,
    { pinned: true },
  ),
  'DELETE /api/instances/{id}/mods/{modId}': onMods(
    'write',
    from('manager', 409),
    `/${randomUUID()}`,
  ),
  ...Object.fromEntries(
    (['copy', 'extract', 'archive'] as const).map((action) => [
      `POST /api/instances/{id}/files/actions/${action}`,
      onFileWork(action),
    ]),
  ),
  'GET /api/instances/{id}/uploads': at(
    ({ instance }) => `/api/instances/${instance.id}/uploads`,
    from('manager', 200),
    { permission: 'files.write' },
  ),
  // Without the headers of the protocol: whoever may not is refused before these are looked at.
  'POST /api/instances/{id}/uploads': onUploads(412),
  'OPTIONS /api/instances/{id}/uploads': onUploads(204),
  'PATCH /api/instances/{id}/uploads/{uploadId}': onUploads(412, `/${'0'.repeat(32)}`),
  'DELETE /api/instances/{id}/uploads/{uploadId}': onUploads(412, `/${'0'.repeat(32)}`),
  // The last one: it ends the sessions that the others use.
  'DELETE /api/auth/sessions': at('/api/auth/sessions', bySession(204)),
};

/** Not in the published document. */
export const hidden: Readonly<Record<string, Row>> = {
  'GET /api/openapi.json': at('/api/openapi.json', open(200)),
  'GET /api/docs': at('/api/docs', { ...open(200), expired: 200, revoked: 200 }),
  'GET /': at('/', open(200)),
  'GET /api/no-such-thing': at('/api/no-such-thing', { ...open(404), expired: 404, revoked: 404 }),
  'HEAD /api/instances/{id}/uploads/{uploadId}': onUploads(412, `/${'0'.repeat(32)}`),
  'POST /api/agents/report': at('/api/agents/report', forAgents(422), { body: {} }),
};
