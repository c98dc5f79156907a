/** Billing: plans, their limits on what is created, and the routes of those who have one. */
import { asClass, definePlugin, optional } from '@zlh/kernel';
import { AccountHooks, Accounts, Audit, Permissions } from '@zlh/accounts';
import { Database, Entities, Migrations } from '@zlh/database';
import { Events } from '@zlh/events';
import { Routes } from '@zlh/http';
import { Admission, Instances } from '@zlh/instances';
import { PortalParts } from '@zlh/portal';
import { accountHook } from './account-hook.ts';
import { BillingAccounts } from './accounts.ts';
import { planLimits } from './admission.ts';
import { Billing, Clock, PaymentProviders } from './index.ts';
import { checkPlans, settings } from './plans.ts';
import { portalParts } from './portal-parts.ts';
import { billingRoutes } from './routes.ts';
import { billingEntities, billingMigrations } from './schema.ts';
import { BillingService } from './service.ts';

export default definePlugin({
  id: 'billing',
  config: settings,
  needs: {
    database: Database,
    events: Events,
    users: Accounts,
    audit: Audit,
    instances: Instances,
    providers: PaymentProviders,
    clock: optional(Clock),
  },
  services: {
    accounts: asClass(BillingAccounts).singleton(),
    billingService: asClass(BillingService).singleton(),
  },
  provides: { accounts: Billing },
  setup({ add, config }) {
    checkPlans(config);
    add(Entities, billingEntities);
    add(Migrations, billingMigrations);
    add(Routes, billingRoutes);
    add(Admission, planLimits);
    if (config.plans.length > 0) add(PortalParts, portalParts);
    add(AccountHooks, accountHook);
    add(Permissions, [
      { id: 'billing.read', description: 'See your plan and your invoices' },
      { id: 'billing.write', description: 'Buy, change and cancel plans' },
    ]);
  },
});
