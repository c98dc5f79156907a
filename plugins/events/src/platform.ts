/** Domain events after commit: to listeners in every process, and to browsers by `GET /api/events`. */
import { asClass, definePlugin } from '@zlh/kernel';
import { Permissions } from '@zlh/accounts';
import { Database, Entities, Migrations } from '@zlh/database';
import { Routes } from '@zlh/http';
import { Audiences, Events, Listeners } from './index.ts';
import { Outbox } from './outbox.ts';
import { eventEntities, eventMigrations } from './schema.ts';
import { eventRoutes } from './stream.ts';

export default definePlugin({
  id: 'events',
  needs: { database: Database, listeners: Listeners, audiences: Audiences },
  services: { outbox: asClass(Outbox).singleton() },
  provides: { outbox: Events },
  setup({ add }) {
    add(Entities, eventEntities);
    add(Migrations, eventMigrations);
    add(Routes, eventRoutes);
    add(Permissions, [{ id: 'events.read', description: 'Follow what happens to your instances' }]);
  },
  start: ({ outbox }) => outbox.open(),
  stop: ({ outbox }) => outbox.close(),
});
