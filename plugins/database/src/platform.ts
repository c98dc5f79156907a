/** PostgreSQL through MikroORM: embedded by default, any server with DATABASE_URL; and the vault. */
import { asClass, asValue, definePlugin, monotonicClock } from '@zlh/kernel';
import { ReadinessChecks } from '@zlh/http';
import { Metrics } from '@zlh/metrics';
import { Type } from 'typebox';
import { Database, Entities, Migrations, Notifications, Vault } from './index.ts';
import { PostgresDatabase } from './database.ts';
import { PostgresNotifications } from './notifications.ts';
import { poolMetrics } from './pool-metrics.ts';
import { MasterVault, vaultEntities, vaultMigrations } from './vault.ts';

export default definePlugin({
  id: 'database',
  config: Type.Object({
    url: Type.Optional(
      Type.String({
        secret: true,
        description:
          'Address of a PostgreSQL server; DATABASE_URL works as well. Without it the embedded one runs.',
      }),
    ),
    name: Type.String({
      default: 'zlh',
      pattern: '^[a-z][a-z0-9_]{0,62}$',
      patternErrorMessage:
        'must be lower-case letters, digits and underscores, a letter first, 63 at most',
      description: 'Name of the database in the embedded server.',
    }),
    poolSize: Type.Integer({
      default: 10,
      minimum: 2,
      maximum: 200,
      description: 'Most connections this process keeps in its pool.',
    }),
    secretKey: Type.Optional(
      Type.String({
        minLength: 32,
        secret: true,
        description: 'Opens the vault: set the same on every platform process of one database.',
      }),
    ),
  }),
  needs: { entities: Entities, migrations: Migrations },
  services: {
    database: asClass(PostgresDatabase).singleton(),
    vault: asClass(MasterVault).singleton(),
    clock: asValue(monotonicClock),
    notifications: asClass(PostgresNotifications).singleton(),
  },
  provides: { database: Database, vault: Vault, notifications: Notifications },
  setup({ add }) {
    add(ReadinessChecks, ({ database }) => ({ name: 'database', check: () => database.health() }));
    add(Metrics, poolMetrics);
    add(Entities, vaultEntities);
    add(Migrations, vaultMigrations);
  },
  async start({ database, vault }) {
    await database.open();
    await vault.unlock();
  },
  async stop({ database, notifications }) {
    await notifications.close();
    await database.close();
  },
});
