/** `accounts` in the platform: users, sessions and API keys, what they may do, and what they did. */
import { asClass, asFunction, definePlugin, StartLines } from '@zlh/kernel';
import { Database, Entities, Migrations, Notifications, Vault } from '@zlh/database';
import { Authenticators, Idempotency, ListeningHooks, Revocations, Routes } from '@zlh/http';
import { PortalParts } from '@zlh/portal';
import { Administration } from './administration.ts';
import { adminRoutes } from './admin-routes.ts';
import { ApiKeys } from './api-keys.ts';
import { AuditTrail } from './audit.ts';
import { AuditUpkeep } from './audit-upkeep.ts';
import { keyAuthenticator, sessionAuthenticator } from './authenticators.ts';
import { doorRoutes } from './door-routes.ts';
import { Doors } from './doors.ts';
import { RecordedAnswers } from './idempotency.ts';
import { InstanceGrants } from './grants.ts';
import { AccountHooks, Accounts, Audit, Grants, Permissions } from './index.ts';
import { keyRoutes } from './key-routes.ts';
import { Passwords } from './passwords.ts';
import { PermissionBook } from './permissions.ts';
import { NotifiedRevocations } from './revocations.ts';
import { accountEntities, accountMigrations } from './schema.ts';
import { sessionRoutes } from './session-routes.ts';
import { Sessions } from './sessions.ts';
import { settings } from './settings.ts';
import { Setup } from './setup.ts';
import { Throttle } from './throttle.ts';
import { Upkeep } from './upkeep.ts';
import { Users } from './users.ts';
import { portalParts } from './portal-parts.ts';

export default definePlugin({
  id: 'accounts',
  config: settings,
  needs: {
    database: Database,
    notifications: Notifications,
    vault: Vault,
    permissions: Permissions,
    accountHooks: AccountHooks,
  },
  services: {
    revocations: asClass(NotifiedRevocations).singleton(),
    users: asClass(Users).singleton(),
    administration: asClass(Administration).singleton(),
    sessions: asClass(Sessions).singleton(),
    apiKeys: asClass(ApiKeys).singleton(),
    passwords: asClass(Passwords).singleton(),
    permissionBook: asClass(PermissionBook).singleton(),
    throttle: asClass(Throttle).singleton(),
    setup: asClass(Setup).singleton(),
    doors: asClass(Doors).singleton(),
    auditTrail: asClass(AuditTrail).singleton(),
    audit: asFunction(({ auditTrail }: { auditTrail: AuditTrail }) => auditTrail).singleton(),
    auditUpkeep: asClass(AuditUpkeep).singleton(),
    recordedAnswers: asClass(RecordedAnswers).singleton(),
    grants: asClass(InstanceGrants).singleton(),
    upkeep: asClass(Upkeep).singleton(),
  },
  provides: {
    users: Accounts,
    audit: Audit,
    grants: Grants,
    recordedAnswers: Idempotency,
    revocations: Revocations,
  },
  setup({ add }) {
    add(PortalParts, portalParts);
    add(Entities, accountEntities);
    add(Migrations, accountMigrations);
    for (const routes of [doorRoutes, sessionRoutes, keyRoutes, adminRoutes]) add(Routes, routes);
    add(Authenticators, keyAuthenticator);
    add(Authenticators, sessionAuthenticator);
    add(Permissions, [
      { id: 'accounts.keys', description: 'Make, see and revoke your API keys' },
      { id: 'accounts.users', description: 'See all users', administrator: true },
      {
        id: 'accounts.roles',
        description: 'Make users administrators, and take that back',
        administrator: true,
      },
      {
        id: 'accounts.manage',
        description: 'Disable, enable and delete users, and set their passwords',
        administrator: true,
      },
      { id: 'accounts.audit', description: 'See what was done by whom', administrator: true },
    ]);
    add(
      ListeningHooks,
      ({ setup }) =>
        (url) =>
          setup.listening(url),
    );
    add(
      StartLines,
      ({ setup }) =>
        () =>
          setup.startLine(),
    );
  },
  async start({ revocations, setup, upkeep, auditUpkeep }) {
    await revocations.begin();
    await setup.fromSettings();
    upkeep.begin();
    auditUpkeep.begin();
  },
  async stop({ revocations, upkeep, auditUpkeep }) {
    revocations.end();
    await auditUpkeep.end();
    await upkeep.end();
  },
});
