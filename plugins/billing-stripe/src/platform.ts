/** Plans paid through Stripe. Without a key of Stripe it adds nothing but its tables. */
import { asClass, asValue, Checks, definePlugin } from '@zlh/kernel';
import { Billing, PaymentProviders } from '@zlh/billing';
import { Database, Entities, Migrations } from '@zlh/database';
import { Http, Routes } from '@zlh/http';
import { OperationKinds, Operations } from '@zlh/operations';
import { StripeDoor } from './client.ts';
import { projectOperation } from './operation.ts';
import { PriceBook } from './price-book.ts';
import { Projector } from './projector.ts';
import { StripeProvider } from './provider.ts';
import { Reconciler } from './reconciler.ts';
import { stripeEntities, stripeMigrations } from './schema.ts';
import { settings } from './settings.ts';
import { settingsCheck } from './settings-check.ts';
import { Inbox, webhookRoutes } from './webhooks.ts';

export default definePlugin({
  id: 'billing-stripe',
  config: settings,
  needs: { billing: Billing, database: Database, http: Http, operations: Operations },
  services: {
    stripe: asClass(StripeDoor).singleton(),
    priceBook: asClass(PriceBook).singleton(),
    projector: asClass(Projector).singleton(),
    provider: asClass(StripeProvider).singleton(),
    inbox: asClass(Inbox).singleton(),
    reconciler: asClass(Reconciler).singleton(),
    retryMs: asValue([1000, 5000, 30_000, 120_000]),
  },
  setup({ add, config }) {
    add(Entities, stripeEntities);
    add(Migrations, stripeMigrations);
    if (config.apiKey === '') return;
    add(Routes, webhookRoutes);
    add(OperationKinds, projectOperation);
    add(PaymentProviders, ({ provider }) => provider);
    add(Checks, settingsCheck(config));
  },
  async start({ priceBook }) {
    await priceBook.remember();
  },
  ready({ config, reconciler }) {
    if (config.apiKey !== '') reconciler.begin();
  },
  drain: ({ reconciler }) => reconciler.end(),
});
