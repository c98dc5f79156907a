/** Grants of plans by administrators: quotas without a payment provider. */
import { asClass, definePlugin, optional } from '@zlh/kernel';
import { Accounts, Audit, Permissions } from '@zlh/accounts';
import { Billing, Clock } from '@zlh/billing';
import { Database } from '@zlh/database';
import { Routes } from '@zlh/http';
import { PlanGrants } from './grants.ts';
import { grantRoutes } from './routes.ts';

export default definePlugin({
  id: 'billing-manual',
  needs: {
    database: Database,
    billing: Billing,
    users: Accounts,
    audit: Audit,
    clock: optional(Clock),
  },
  services: { planGrants: asClass(PlanGrants).singleton() },
  setup({ add }) {
    add(Routes, grantRoutes);
    add(Permissions, [
      { id: 'billing.grant', description: 'Grant plans to users', administrator: true },
    ]);
  },
});
