/** Rows of the routes of billing: everybody has an account of their own, and administrators grant plans. */
import { randomUUID } from 'node:crypto';
import { at, forAdministrators, permitted, signedIn, type Row } from './roles-row.ts';

const read = (path: string): Row =>
  at(`/api/billing${path}`, permitted(200), { permission: 'billing.read' });
/** The platform of this test sells nothing. */
const write = (path: string, status: number, body?: unknown): Row =>
  at(`/api/billing/${path}`, permitted(status), {
    permission: 'billing.write',
    ...(body === undefined ? {} : { body }),
  });
const granted = (body?: unknown): Row =>
  at(`/api/billing/accounts/${randomUUID()}`, forAdministrators(404), {
    permission: 'billing.grant',
    holder: 'administrator',
    ...(body === undefined ? {} : { body }),
  });
const choice = { plan: 'no-such-plan' };

export const billing: Readonly<Record<string, Row>> = {
  'GET /api/billing': read(''),
  'GET /api/billing/invoices': read('/invoices'),
  'GET /api/billing/plans': at('/api/billing/plans', signedIn(200)),
  'POST /api/billing/checkout': write('checkout', 422, choice),
  'POST /api/billing/upgrade': write('upgrade', 422, choice),
  'POST /api/billing/downgrade': write('downgrade', 422, choice),
  'DELETE /api/billing/downgrade': write('downgrade', 409),
  'POST /api/billing/cancel': write('cancel', 409),
  'POST /api/billing/resume': write('resume', 409),
  'POST /api/billing/portal': write('portal', 409),
  'GET /api/billing/accounts/{userId}': granted(),
  'PUT /api/billing/accounts/{userId}': granted({ plan: null }),
};
